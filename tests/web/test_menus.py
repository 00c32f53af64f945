"""Questions and menu of a shop's chats: written here, shown at Instagram, answered when tapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin, entry, item, signed_body
from tests.support.account import APP_ID, PAGE, SECRET, AccountDesk
from tests.support.shop import World

MENU = f"{PAGE}/menu"


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        made = AccountDesk(make_world, sqlite_url, server)
        made.sign_in()
        yield made


def form(desk: AccountDesk, **more: str) -> dict[str, str]:
    """A question of each kind, and a menu."""
    return {
        "q1_title": "What do you sell?", "q1_does": "catalogue",
        "q2_title": "Price of the blue saree?", "q2_does": "price", "q2_product": desk.shop.product("blue").product.id,
        "q3_title": "Where is my order?", "q3_does": "order_status",
        "q4_title": "Do you deliver to Pune?", "q4_does": "words",
        "e1_title": "Talk to us", "e1_does": "human",
        "e2_title": "Our shop", "e2_does": "link", "e2_link": "https://meera.example/shop", "act": "save", **more,
    }  # fmt: skip


def test_what_is_saved_is_shown_there_and_read_back(desk: AccountDesk) -> None:
    assert desk.owner.post(MENU, **form(desk)).location == MENU
    shown = desk.twin.menus[ACCOUNT]
    asked = shown["ice_breakers"][0]["call_to_actions"]
    product = desk.shop.product("blue").product.id
    assert [(one["question"], one["payload"]) for one in asked] == [
        ("What do you sell?", "catalogue"), ("Price of the blue saree?", f"product:{product}"),
        ("Where is my order?", "order_status"), ("Do you deliver to Pune?", "words:Do you deliver to Pune?"),
    ]  # fmt: skip
    assert shown["persistent_menu"][0]["call_to_actions"] == [
        {"type": "postback", "title": "Talk to us", "payload": "human"},
        {"type": "web_url", "title": "Our shop", "url": "https://meera.example/shop"},
    ]
    page = desk.owner.get(MENU).text
    assert "Instagram shows exactly this." in page
    assert "Tells the price of Blue block-print saree" in page


def test_a_tap_is_answered(desk: AccountDesk) -> None:
    desk.owner.post(MENU, **form(desk))
    taps = [(one["question"], one["payload"]) for one in desk.twin.menus[ACCOUNT]["ice_breakers"][0]["call_to_actions"]]
    for number, (title, payload) in enumerate([*taps, ("Talk to us", "human"), ("Old one", "was-set-elsewhere")]):
        before = len(desk.twin.sent)
        at = int(desk.world.clock.now().timestamp() * 1000)
        who = f"20000000000000{number}"
        made = item(
            ACCOUNT, {"kind": "postback", "at": at, "from": who, "text": title, "payload": payload, "mid": f"m{number}"}
        )
        body, headers = signed_body(SECRET, [entry(ACCOUNT, [made])])
        desk.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))
        desk.world.settle()
        assert len(desk.twin.sent) > before, title
        if payload.startswith("product:"):
            assert "1,499" in str(desk.twin.sent[before:]) or "₹" in str(desk.twin.sent[before:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"q1_title": "x" * 81}, "At most 80 characters."),
        ({"q2_product": ""}, "Choose the product."),
        ({"q2_product": "prd_0000000000000000"}, "Choose the product."),
        ({"q1_does": "explode"}, "Choose what it does."),
        ({"q1_does": "link"}, "Choose what it does."),
        ({"e2_link": "http://meera.example"}, "begins with https://"),
        ({"e2_link": "javascript:alert(1)"}, "begins with https://"),
        ({"e1_title": "x" * 31}, "At most 30 characters."),
        ({"e1_title": "", "e1_link": "https://a.example"}, "Write what the customer sees."),
    ],
)
def test_what_is_wrong_is_said_at_its_row_and_nothing_is_sent(
    desk: AccountDesk, change: dict[str, str], words: str
) -> None:
    answer = desk.owner.post(MENU, **form(desk, **change))
    assert answer.status_code == 422
    assert words in answer.text
    assert desk.twin.menus == {}
    assert "What do you sell?" in answer.text or "q1_title" in change


@pytest.mark.parametrize("kind", ["400", "500", "502_html", "200_rubbish", "token_expired", "drop", "429"])
@pytest.mark.parametrize("skip", [0, 1])
def test_what_was_not_taken_is_not_called_shown(desk: AccountDesk, kind: str, skip: int) -> None:
    desk.server.fail_next(kind, match="/messenger_profile", method="POST", skip=skip)
    assert desk.owner.post(MENU, **form(desk)).status_code == 303
    page = desk.owner.get(MENU).text
    assert "shows exactly this" not in page
    assert "What do you sell?" in page, "what was written is not lost"
    kept = desk.services.menus.offered(desk.shop.id, "instagram")
    assert kept.trouble
    assert kept.shown_at is None
    assert desk.owner.post(MENU, **form(desk)).status_code == 303
    assert "shows exactly this" in desk.owner.get(MENU).text


def test_what_cannot_be_read_back_is_not_called_shown(desk: AccountDesk) -> None:
    desk.server.fail_next("500", match="/messenger_profile", method="GET", times=2)
    desk.owner.post(MENU, **form(desk))
    assert "could not be read back" in desk.owner.get(MENU).text
    assert desk.owner.post(f"{MENU}/read").location == MENU
    desk.owner.post(f"{MENU}/read")
    assert "shows exactly this" in desk.owner.get(MENU).text


def test_all_is_taken_away(desk: AccountDesk) -> None:
    desk.owner.post(MENU, **form(desk))
    desk.owner.post(MENU, act="remove")
    assert desk.twin.menus[ACCOUNT] == {}
    page = desk.owner.get(MENU).text
    assert "Nothing is shown there." in page


def test_a_menu_set_elsewhere_is_shown_as_it_is(desk: AccountDesk) -> None:
    desk.twin.menus[ACCOUNT] = {
        "ice_breakers": [{"call_to_actions": [{"question": "FAQ?", "payload": "FAQ_1"}], "locale": "default"}]
    }
    desk.owner.post(f"{MENU}/read")
    page = desk.owner.get(MENU).text
    assert "FAQ?" in page
    assert "set elsewhere" in page
    assert "shows exactly this" not in page


def test_without_a_connection_nothing_is_sent(desk: AccountDesk) -> None:
    desk.owner.post(f"{PAGE}/off")
    assert "Connect Instagram first" in desk.owner.get(MENU).text
    answer = desk.owner.post(MENU, **form(desk))
    assert answer.status_code == 409
    assert "is not connected" in answer.text
    assert desk.owner.get("/app/settings/integrations/practice/menu").status_code == 404
    assert desk.owner.get("/app/settings/integrations/nobody/menu").status_code == 404


def test_another_shops_product_is_no_choice(desk: AccountDesk) -> None:
    other = desk.world.practice_shop("Kabir Shoes", "kabir@example.in")
    theirs = other.product("blue").product.id
    answer = desk.owner.post(MENU, **form(desk, q2_product=theirs))
    assert (answer.status_code, "Choose the product." in answer.text) == (422, True)
