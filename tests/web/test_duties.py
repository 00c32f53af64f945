"""What Meta asks because of an account: to stop using it, and to delete what came from it."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from salespilots.domain.comment import Comment, Post
from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.ports.storage import eq
from salespilots.testing.twin import TwinServer
from salespilots.web.app import create_app
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin, entry, item, signed_body
from salespilots_channel_instagram.twin_login import signed_request
from tests.support.account import APP_ID, PAGE, SECRET, AccountDesk
from tests.support.shop import World

LOGIN_REF = f"9{ACCOUNT}"
STRANGER = "9999999999"


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        yield AccountDesk(
            make_world, sqlite_url, server, SALESPILOTS_INSTAGRAM_APP_SECRET=f"{SECRET},the-meta-app-secret"
        )


@pytest.fixture
def meta(desk: AccountDesk) -> Callable[..., TestResponse]:
    """Meta posts a form."""
    client = create_app(desk.world.application).test_client()

    def post(what: str, signed: str | None, **more: Any) -> TestResponse:
        data = {} if signed is None else {"signed_request": signed}
        return client.post(f"/instagram/{what}", data=data, **more)

    return post


def notice(desk: AccountDesk, user_id: Any = LOGIN_REF, secret: str = SECRET, **more: Any) -> str:
    """As Meta signs it."""
    at = int(desk.world.clock.now().timestamp()) + 60
    return signed_request(secret, **{"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": at, **more})


def _other_alphabet(good: str) -> str:
    return good[:10] + "!" + good[10:]


def _signed(payload: bytes) -> str:
    """A right signature below something that is no notice."""
    import hashlib
    import hmac

    body = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode() + "." + body.decode()


BROKEN: dict[str, Callable[[AccountDesk, str], str | None]] = {
    "no field": lambda desk, good: None,
    "empty": lambda desk, good: "",
    "no dot": lambda desk, good: good.replace(".", ""),
    "two dots": lambda desk, good: good + ".x",
    "no signature": lambda desk, good: "." + good.partition(".")[2],
    "no payload": lambda desk, good: good.partition(".")[0] + ".",
    "another secret": lambda desk, good: notice(desk, secret="somebody-elses"),
    "an empty secret": lambda desk, good: notice(desk, secret=""),
    "changed payload": lambda desk, good: good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
    "cut signature": lambda desk, good: good.partition(".")[0][:20] + "." + good.partition(".")[2],
    "signature in hex": lambda desk, good: "ab" * 32 + "." + good.partition(".")[2],
    "another alphabet": lambda desk, good: _other_alphabet(good),
    "not ascii": lambda desk, good: "ख" + good,
    "algorithm none": lambda desk, good: notice(desk, algorithm="none"),
    "algorithm sha1": lambda desk, good: notice(desk, algorithm="HMAC-SHA1"),
    "no algorithm": lambda desk, good: notice(desk, algorithm=None),
    "no user": lambda desk, good: notice(desk, user_id=None),
    "user is a list": lambda desk, good: notice(desk, user_id=[LOGIN_REF]),
    "user is true": lambda desk, good: notice(desk, user_id=True),
    "user is words": lambda desk, good: notice(desk, user_id="1 OR 1=1"),
    "from next year": lambda desk, good: notice(desk, issued_at=int(time.time()) + 400 * 86400 + 10**9),
    "time is words": lambda desk, good: notice(desk, issued_at="yesterday"),
    "time is endless": lambda desk, good: notice(desk, issued_at=float("nan")),
    "a list": lambda desk, good: _signed(b"[1]"),
    "not json": lambda desk, good: _signed(b"{'user_id': 1}"),
    "not utf-8": lambda desk, good: _signed(b"\xff\xfe"),
    "too deep": lambda desk, good: _signed(b"[" * 5000),
    "too long": lambda desk, good: good + "A" * 9000,
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("what", ["deauthorize", "data-deletion"])
def test_a_broken_notice_changes_nothing(
    desk: AccountDesk, meta: Callable[..., TestResponse], what: str, how: str
) -> None:
    desk.sign_in()
    before = desk.stored
    answer = meta(what, BROKEN[how](desk, notice(desk)))
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json"
    assert (desk.stored.version, desk.stored.secrets) == (before.version, before.secrets)
    with desk.world.storage.system_unit_of_work(read_only=True) as system:
        assert system.deletions.select() == []


def test_a_form_that_is_too_large_is_refused(meta: Callable[..., TestResponse]) -> None:
    assert meta("data-deletion", "A" * 100_000).status_code == 413


def test_other_providers_have_no_such_address(desk: AccountDesk) -> None:
    client = create_app(desk.world.application).test_client()
    for path in ("/practice/deauthorize", "/practice/data-deletion", "/nobody/data-deletion"):
        assert client.post(path, data={"signed_request": notice(desk)}).status_code == 404
    assert client.get("/instagram/deauthorize").status_code == 405


@pytest.mark.parametrize("ref", [LOGIN_REF, ACCOUNT, int(LOGIN_REF)], ids=["app-scoped", "account", "number"])
@pytest.mark.parametrize("secret", [SECRET, "the-meta-app-secret"])
def test_taking_the_app_off_drops_the_token_and_holds_what_is_to_be_sent(
    desk: AccountDesk, meta: Callable[..., TestResponse], ref: Any, secret: str
) -> None:
    desk.sign_in()
    say(desk, "blue saree kitna hai?")
    sent, token = len(desk.twin.sent), desk.token()
    answer = meta("deauthorize", notice(desk, ref, secret))
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    stored = desk.stored
    assert (stored.secrets, stored.secrets_set, stored.enabled, stored.state) == (None, [], False, "attention")
    assert stored.renew_at is None
    assert desk.events("connection.attention")[0].data["reason"] == "taken_back"
    assert "taken off the account" in desk.owner.get(PAGE).text
    assert "Instagram needs a look" in desk.owner.get("/app").text
    chat = next(
        one for one in desk.services.conversations.page(desk.shop.id).items if one.conversation.provider == "instagram"
    )
    desk.services.conversations.reply(desk.shop.id, chat.conversation.id, "Namaste", user_id=desk.shop.user.id)
    desk.world.settle()
    assert len(desk.twin.sent) == sent
    assert waiting(desk) == ["waits_for_reconnect"]
    desk.sign_in()
    desk.world.settle()
    assert [one["text"] for one in desk.twin.sent[sent:]] == ["Namaste"]
    assert waiting(desk) == []
    assert desk.token() != token


def say(desk: AccountDesk, text: str, who: str = "200000000000001", mid: str = "mid.1") -> None:
    """A customer writes to the account."""
    at = int(desk.world.clock.now().timestamp() * 1000)
    made = item(ACCOUNT, {"at": at, "from": who, "text": text, "mid": mid})
    body, headers = signed_body(SECRET, [entry(ACCOUNT, [made])])
    from salespilots.ports.webhook import WebhookRequest

    desk.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))
    desk.world.settle()


def waiting(desk: AccountDesk) -> list[str]:
    """Why messages of the shop wait."""
    found = desk.services.conversations.message_page(desk.shop.id, limit=200).items
    return [str(one.reason) for one in found if one.direction == "out" and one.state == "queued"]


def test_a_notice_about_an_earlier_sign_in_is_heard_and_changes_nothing(
    desk: AccountDesk, meta: Callable[..., TestResponse]
) -> None:
    desk.sign_in()
    old = notice(desk)
    desk.later(hours=8)
    desk.sign_in()
    assert meta("deauthorize", old).status_code == 200
    assert (desk.stored.state, desk.stored.enabled) == ("working", True)


def test_another_shops_account_is_left_alone(desk: AccountDesk, meta: Callable[..., TestResponse]) -> None:
    desk.sign_in()
    assert meta("deauthorize", notice(desk, STRANGER)).status_code == 200
    assert desk.stored.state == "working"


# --- deletion --------------------------------------------------------------------------------------------------


def test_deletion_takes_words_media_and_profiles_and_leaves_orders(
    desk: AccountDesk, meta: Callable[..., TestResponse]
) -> None:
    desk.sign_in()
    order = desk.shop.order_two_sarees()
    say(desk, "mera naam Zubeida hai, price?")
    say(desk, "phir se", who="200000000000002", mid="mid.2")
    with desk.world.storage.unit_of_work(desk.shop.id) as uow:
        person = uow.customers.select()[-1]
        for one in uow.customers.select():
            if one.channel == "instagram":
                person = one
                one.name, one.username, one.phone = "Zubeida Khan", "zubeida", "+919845012345"
                uow.customers.save(one)
        now = desk.world.clock.now()
        uow.comments.add(
            Comment(
                id="cmt_aaaaaaaaaa", business_id=desk.shop.id, provider="instagram", account_ref=ACCOUNT, comment_ref="c1",
                customer_ref="x", created_at=now, sent_at=now, username="zubeida", text="pp",
            )
        )  # fmt: skip
        uow.posts.add(
            Post(
                id="pst_aaaaaaaaaa", business_id=desk.shop.id, provider="instagram", account_ref=ACCOUNT, post_ref="p1",
                created_at=now, caption="new",
            )
        )  # fmt: skip
        uow.commit()
    signed = notice(desk, issued_at=int(desk.world.clock.now().timestamp()))
    answer = meta("data-deletion", signed)
    assert answer.status_code == 200
    code = answer.json["confirmation_code"]
    assert code.isalnum()
    assert len(code) >= 20
    assert answer.json["url"] == f"http://127.0.0.1:8000/instagram/deletion/{code}"
    page = desk.owner.client.get(f"/instagram/deletion/{code}")
    assert page.status_code == 200
    assert "In progress" in page.text
    again = meta("data-deletion", notice(desk, issued_at=int(desk.world.clock.now().timestamp()) + 90))
    assert again.json["confirmation_code"] == code

    desk.services.maintenance.do_jobs()
    with desk.world.storage.unit_of_work(desk.shop.id, read_only=True) as uow:
        chats = [one for one in uow.conversations.select() if one.provider == "instagram"]
        assert len(chats) == 2
        for chat in chats:
            assert (chat.preview, chat.facts) == ("", {})
            for message in uow.messages.select():
                if message.conversation_id == chat.id:
                    assert (message.text, message.content, message.attachments) == ("", {}, [])
            kept = uow.inbox.kept(chat.lane, chat.created_at.replace(year=2020))
            assert kept
            assert "Zubeida" not in json.dumps([one.payload for one in kept])
        gone = uow.customers.get(person.id)
        assert (gone.name, gone.username, gone.phone) == ("", "", None)
        assert uow.comments.select() == []
        assert uow.posts.select() == []
    assert desk.services.orders.get(desk.shop.id, order.id).address == order.address
    assert desk.shop.phone(), "the practice chat is not Instagram's"
    assert desk.stored.secrets is None
    client = create_app(desk.world.application).test_client()
    page = client.get(f"/instagram/deletion/{code}").text
    assert "Done on" in page
    assert "The profiles of 2 people" in page
    assert "invoices" in page
    assert meta("data-deletion", signed).json["confirmation_code"] == code
    assert meta("data-deletion", notice(desk)).json["confirmation_code"] != code
    assert desk.owner.get(f"/app/inbox/{chats[0].id}").status_code == 200


def hear(desk: AccountDesk, *changes: dict[str, Any]) -> None:
    """One webhook with whatever it may hold."""
    at = int(desk.world.clock.now().timestamp() * 1000)
    body, headers = signed_body(SECRET, [entry(ACCOUNT, list(changes), at_ms=at)])
    from salespilots.ports.webhook import WebhookRequest

    desk.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))


def every_row(desk: AccountDesk) -> list[InboxRow]:
    """All events that were ever taken in."""
    with desk.world.storage.system_unit_of_work(read_only=True) as system:
        return list(itertools.takewhile(bool, (system.work.event(number) for number in itertools.count(1))))  # type: ignore[arg-type]


def test_deletion_leaves_no_words_of_whoever_has_no_chat(desk: AccountDesk, meta: Callable[..., TestResponse]) -> None:
    """Commenters whom nobody answered, strangers who reacted, what another app was told, and what came when nobody was
    connected."""
    desk.sign_in()
    at = desk.world.clock.now().timestamp()
    field, value = desk.twin.posts.comment(
        {"at": at, "text": "Zubeida 9845012345", "from": "3001", "username": "zubeida.k"}
    )
    reaction = item(ACCOUNT, {"kind": "reaction", "at": int(at * 1000), "from": "3002", "about": "m0", "emoji": "🔥"})
    hear(desk, {"field": field, "value": value}, reaction, {"field": "zubeida_news", "value": {"text": "Zubeida"}})
    desk.world.settle()
    hear(desk, item(ACCOUNT, {"at": int(at * 1000), "from": "3003", "text": "Zubeida waits", "mid": "mid.9"}))
    for number, (owner, state) in enumerate(((None, "unrouted"), (desk.shop.id, "dead")), 1):
        with desk.world.storage.system_unit_of_work() as system:
            row = InboxRow(
                endpoint="channel:instagram", event_id=f"odd-{number}", port="channel", provider="instagram",
                lane=f"instagram:{ACCOUNT}:300{number}", kind="standby", payload={"text": "Zubeida again"},
                sent_at=desk.world.clock.now(), received_at=desk.world.clock.now(), business_id=owner,
                state=InboxState(state),
            )  # fmt: skip
            system.inbox.accept([row])
            system.commit()
    before = every_row(desk)
    assert "Zubeida" in json.dumps([one.payload for one in before])
    code = meta("data-deletion", notice(desk)).json["confirmation_code"]
    desk.services.maintenance.do_jobs()
    desk.world.settle()
    assert desk.services.duties.deletion("instagram", code).done_at is not None
    rows = every_row(desk)
    assert [one.event_id for one in rows] == [one.event_id for one in before], "each is known still"
    left = json.dumps([one.payload for one in rows if one.provider == "instagram"]).lower()
    assert not [word for word in ("zubeida", "9845012345", "\\ud83d\\udd25") if word in left]
    with desk.world.storage.unit_of_work(desk.shop.id, read_only=True) as uow:
        assert not [one for one in uow.messages.select() if "Zubeida" in one.text]


def test_deletion_takes_phone_and_address_of_who_never_ordered_and_has_no_name(
    desk: AccountDesk, meta: Callable[..., TestResponse]
) -> None:
    desk.sign_in()
    say(desk, "price?")
    with desk.world.storage.unit_of_work(desk.shop.id) as uow:
        person = next(one for one in uow.customers.select() if one.channel == "instagram")
        person.name, person.username, person.picture = "", "", ""
        person.phone, person.address = "+919845012345", {"line1": "12 MG Road"}
        uow.customers.save(person)
        uow.commit()
    meta("data-deletion", notice(desk))
    desk.services.maintenance.do_jobs()
    with desk.world.storage.unit_of_work(desk.shop.id, read_only=True) as uow:
        gone = uow.customers.get(person.id)
    assert (gone.phone, gone.address) == (None, {})


def test_deletion_takes_the_files_of_a_chat_from_the_disk(desk: AccountDesk, meta: Callable[..., TestResponse]) -> None:
    desk.sign_in()
    say(desk, "see this")
    files = desk.services.chat_files
    sent, face = (files.keep(desk.shop.id, b"%PDF-1.4 of a customer", "file").name for _ in range(2))
    with desk.world.storage.unit_of_work(desk.shop.id) as uow:
        chat = next(one for one in uow.conversations.select() if one.provider == "instagram")
        message = uow.messages.select(eq("conversation_id", chat.id), order="seq")[0]
        message.attachments = [{"kind": "file", "file": sent}]
        uow.messages.save(message)
        person = uow.customers.get(chat.customer_id)
        person.picture = face
        uow.customers.save(person)
        uow.commit()
    paths = [files.path(desk.shop.id, name)[0] for name in (sent, face)]
    meta("data-deletion", notice(desk))
    desk.services.maintenance.do_jobs()
    assert [path.exists() for path in paths] == [False, False]


def test_deletion_after_the_shop_disconnected_finds_what_was_there(
    desk: AccountDesk, meta: Callable[..., TestResponse]
) -> None:
    desk.sign_in()
    say(desk, "blue saree kitna hai?")
    desk.owner.post(f"{PAGE}/off")
    code = meta("data-deletion", notice(desk)).json["confirmation_code"]
    desk.services.maintenance.do_jobs()
    found = desk.services.duties.deletion("instagram", code)
    assert found.done_at is not None
    assert found.counts["messages"] >= 2


def test_deletion_of_an_account_nobody_connected_is_done_at_once(
    desk: AccountDesk, meta: Callable[..., TestResponse]
) -> None:
    code = meta("data-deletion", notice(desk, STRANGER)).json["confirmation_code"]
    page = create_app(desk.world.application).test_client().get(f"/instagram/deletion/{code}").text
    assert "Nothing from this account was stored here." in page


@pytest.mark.parametrize("code", ["x", "0" * 24, "a" * 300, "%00", "..%2f", "é"])
def test_an_unknown_code_opens_a_page_that_says_so(desk: AccountDesk, code: str) -> None:
    answer = create_app(desk.world.application).test_client().get(f"/instagram/deletion/{code}")
    assert answer.status_code == 404
    assert "<html" in answer.text or "problem" in (answer.mimetype or "")
