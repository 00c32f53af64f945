"""Payloads of public projects, byte for byte, with what a correct receiver makes of them.

They lie beside the repository (``shared/fixtures/instagram``), not in it; without them these tests are left out.
"""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Any

import pytest

from salespilots.ports.errors import BadSignature
from salespilots.ports.webhook import WebhookRequest
from salespilots_channel_instagram.webhooks import InstagramWebhooks

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "instagram"
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text()) if (FOLDER / "index.json").exists() else {}
CASES = INDEX.get("cases", [])
TALKING = ("message", "quick_reply", "postback", "story_reply", "story_mention")
KINDS = {"seen": "read", "edit": "edited", "react": "reaction", "unreact": "reaction"}
TRIGGERS = {
    "dm_text": {"message"}, "dm_media": {"message"}, "share": {"message"}, "quick_reply": {"quick_reply"},
    "postback": {"postback"}, "story_reply": {"story_reply"}, "story_mention": {"story_mention"}, "comment": {"comment"},
}  # fmt: skip

pytestmark = pytest.mark.skipif(not CASES, reason="the folder of public payloads is not here")


@pytest.mark.parametrize("case", CASES, ids=[Path(one["file"]).stem for one in CASES])
def test_case(case: dict[str, Any]) -> None:
    webhooks = InstagramWebhooks([INDEX["app_secret"]], INDEX["verify_token"])
    body = (FOLDER / case["file"]).read_bytes()
    request = WebhookRequest(body=body, headers={"x-hub-signature-256": case["signature_valid"]})
    webhooks.verify(request)
    with pytest.raises(BadSignature):
        webhooks.verify(WebhookRequest(body=body + b" ", headers=request.headers))
    expect = case["expect"]
    events = webhooks.parse(request)
    assert [one.event_id for one in events] == [one.event_id for one in webhooks.parse(request)]
    if case["account_id"] is None:
        assert not [one for one in events if one.account_ref not in ("", "0")]
        assert not [one for one in events if one.automation]
        return
    (event,) = events
    assert event.account_ref == case["account_id"]
    talks = event.automation and event.kind in TALKING
    if not expect["triggers"]:
        assert not talks
    for trigger in expect["triggers"]:
        assert event.kind in TRIGGERS[trigger]
        assert talks or event.kind == "comment"
    for wanted in expect.get("messages", []):
        _same(wanted, event)
    if wanted := expect.get("postback"):
        assert event.payload == wanted["payload"]
        assert event.customer_ref == wanted["contact_id"]
        assert event.text == (wanted.get("title") or "")
        assert event.message_ref == (wanted.get("mid") or "")
    for wanted in expect.get("updates", []):
        assert event.kind == KINDS[wanted["type"]]
        assert event.message_ref == wanted["mid"]
        assert event.customer_ref == wanted.get("by", event.customer_ref)
        assert event.text == wanted.get("text", "")
    if wanted := expect.get("comment"):
        assert (event.message_ref, event.text) == (wanted["id"], wanted["text"])
        assert event.customer_ref == (wanted["from_id"] or "")
        assert event.customer_name == (wanted["username"] or "")
        assert event.reply_to_ref == (wanted["parent_id"] or "")


def _same(wanted: dict[str, Any], event: Any) -> None:
    assert (event.kind == "echo") == (wanted["direction"] == "out")
    assert event.customer_ref == wanted["contact_id"]
    assert event.message_ref == wanted["mid"]
    assert event.text == (wanted["text"] or "")
    assert event.payload == wanted.get("quick_reply_payload", "")
    assert [one.kind for one in event.attachments] == [one["type"] for one in wanted["attachments"]]
    for have, want in zip(event.attachments, wanted["attachments"], strict=True):
        assert fnmatch.fnmatchcase(have.url, want["url"])
    if story := wanted.get("reply_to"):
        assert event.reply_to_ref == story["story_id"]
