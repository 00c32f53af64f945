"""Every error that Meta is known to send: what becomes of the message, and the sentence the owner reads."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask_babel import Babel

from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, RateLimited, Rejected
from salespilots.web.presenters import reasons
from salespilots_channel_instagram.problems import answer_of

HOLD, REFUSE, LATER, UNCERTAIN = AuthFailed, Rejected, RateLimited, OutcomeUnknown

ROWS: list[tuple[int, int | None, type[PortError], str]] = [
    (190, None, HOLD, "token_expired"), (190, 458, HOLD, "token_expired"), (190, 459, HOLD, "token_expired"),
    (190, 460, HOLD, "token_expired"), (190, 463, HOLD, "token_expired"), (190, 464, HOLD, "token_expired"),
    (190, 467, HOLD, "token_expired"), (102, None, HOLD, "token_expired"),
    (10, 2534022, REFUSE, "reply_window_closed"), (10, 2018278, REFUSE, "reply_window_closed"),
    (10, 2018065, REFUSE, "reply_window_closed"),
    (10, 2018300, REFUSE, "other_app_owns_thread"), (100, 2534037, REFUSE, "other_app_owns_thread"),
    (10, 1893063, REFUSE, "account_restricted"), (368, None, REFUSE, "account_restricted"),
    (100, 2534029, REFUSE, "account_restricted"),
    (10, 2018108, REFUSE, "recipient_unavailable"), (551, None, REFUSE, "recipient_unavailable"),
    (551, 1545041, REFUSE, "recipient_unavailable"), (200, 1545041, REFUSE, "recipient_unavailable"),
    (10, None, REFUSE, "permission_missing"), (3, None, REFUSE, "permission_missing"),
    (200, None, REFUSE, "permission_missing"), (200, 2534041, HOLD, "message_access_off"),
    (200, 2018028, REFUSE, "app_not_approved"), (200, 2018027, REFUSE, "app_not_approved"),
    (100, 2534014, REFUSE, "recipient_unknown"), (100, 2018001, REFUSE, "recipient_unknown"),
    (100, 2534001, REFUSE, "thread_gone"), (100, 2534025, REFUSE, "already_replied"),
    (10900, None, REFUSE, "already_replied"), (10903, None, REFUSE, "cannot_reply"),
    (100, 2534015, REFUSE, "bad_content"), (100, 2018008, REFUSE, "bad_content"), (100, 2018047, REFUSE, "bad_content"),
    (100, 2018109, REFUSE, "bad_content"), (100, 2018294, REFUSE, "bad_content"), (100, 2018074, REFUSE, "bad_content"),
    (100, 33, REFUSE, "bad_request"), (100, None, REFUSE, "bad_request"), (2500, None, REFUSE, "bad_request"),
    (4, None, LATER, "rate_limited"), (17, None, LATER, "rate_limited"), (32, None, LATER, "rate_limited"),
    (613, None, LATER, "rate_limited"), (613, 2534040, LATER, "rate_limited"), (80001, None, LATER, "rate_limited"),
    (80002, None, LATER, "rate_limited"), (80014, None, LATER, "rate_limited"),
    (613, 2018338, REFUSE, "bothers_customer"),
    (1, None, UNCERTAIN, "provider_trouble"), (1, 99, UNCERTAIN, "provider_trouble"),
    (2, None, UNCERTAIN, "provider_trouble"), (2, 1545133, UNCERTAIN, "provider_trouble"),
    (1, 1357046, UNCERTAIN, "sent_with_error"),
    (230, None, REFUSE, "no_consent"), (9000001, None, REFUSE, "message_gone"),
    (36103, None, REFUSE, "account_not_eligible"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sentences() -> Flask:
    app = Flask(__name__)
    Babel(app)
    return app


@pytest.mark.parametrize("status", [400, 403, 200])
@pytest.mark.parametrize(("code", "subcode", "kind", "reason"), ROWS)
def test_what_becomes_of_a_send(
    sentences: Flask, code: int, subcode: int | None, kind: type[PortError], reason: str, status: int
) -> None:
    """An error in an answer of 200 is one, too; the words decide nothing."""
    error = {
        "code": code,
        "message": "all is well",
        "fbtrace_id": "AbC",
        **({"error_subcode": subcode} if subcode else {}),
    }
    with pytest.raises(PortError) as caught:
        answer_of(status, {}, json.dumps({"error": error}).encode(), sending=True)
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    with sentences.test_request_context():
        said = reasons.DOUBTS[reason]("Instagram") if kind is UNCERTAIN else reasons.ended(reason, "Instagram")
    assert len(said) > 20
    assert "_" not in said
