"""The browser keeps what was typed until it hears that its form was answered: what counts as an answer."""

from __future__ import annotations

from tests.support.browser import Visitor
from tests.support.shop import Shop

ID = "a1b2c3d4e5f6g7h8j9"
NEW = "/app/products/new"
SHAWL = {"title": "Shawl", "variants-0-price": "900", "state": "live"}


def heard(answer: object) -> bool:
    return f"sp-sent-{ID}=1" in ";".join(answer.headers.getlist("Set-Cookie"))  # type: ignore[attr-defined]


def test_an_answer_is_heard_also_where_something_is_to_be_mended(owner: Visitor, shop: Shop) -> None:
    assert heard(owner.post(NEW, **SHAWL, _sent=ID))
    refused = owner.post(NEW, title="", _sent=ID)
    assert (refused.status_code, heard(refused)) == (422, True)
    assert not heard(owner.post(NEW, **{**SHAWL, "title": "Other"}))
    for wrong in ("", "x", "a" * 80, "a1b2c3d4e5f6;x=1"):
        cookies = owner.post(NEW, title="", _sent=wrong).headers.getlist("Set-Cookie")
        assert not any("sp-sent" in one for one in cookies)


def test_what_was_not_read_is_not_heard(owner: Visitor, shop: Shop) -> None:
    gone = owner.post("/app/products/prd_nobody", **SHAWL, _sent=ID)
    assert (gone.status_code, heard(gone)) == (404, False)
    assert not heard(owner.post(NEW, token=False, **SHAWL, _sent=ID)), "no form token"
    stranger = Visitor.of(shop.world)
    ended = stranger.post(NEW, **SHAWL, _sent=ID)
    assert (ended.headers["Location"].startswith("/signin"), heard(ended)) == (True, False)
