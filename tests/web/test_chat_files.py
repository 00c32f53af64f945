"""What customers sent is shown to members of their shop who may read its chats, safely, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from salespilots.domain.business import Role
from tests.services.test_media import M4A, MP4, PDF, URL, Chats, one, picture
from tests.support.browser import Visitor
from tests.support.fake_channel import FakeChannelPlugin
from tests.support.fetcher import FakeFetcher
from tests.support.shop import PASSWORD, World


@pytest.fixture
def chats(make_world: Callable[..., World], sqlite_url: str) -> Chats:
    plugin, fetcher = FakeChannelPlugin(), FakeFetcher()
    world = make_world(sqlite_url, extra=[plugin], fetcher=fetcher)
    return Chats(world, plugin, fetcher, Path(world.application.config.home))


@pytest.fixture
def owner(chats: Chats) -> Visitor:
    visitor = Visitor.of(chats.shop.world)
    visitor.sign_in("meera@example.in")
    return visitor


def address(chats: Chats, body: bytes, kind: str = "image", ref: str = "m-1", place: str = "0") -> str:
    chats.fetcher.there[URL + ref] = body
    message = chats.send(one(kind, URL + ref), ref=ref)
    chats.jobs()
    return f"/app/inbox/{message.conversation_id}/files/{message.id}/{place}"


def get(owner: Visitor, path: str, **headers: str) -> Any:
    return owner.get(path, **headers)


@pytest.mark.parametrize(
    ("body", "kind", "served", "how"),
    [
        (picture(), "image", "image/jpeg", "inline"), (MP4, "video", "video/mp4", "inline"),
        (M4A, "audio", "audio/mp4", "inline"), (PDF, "file", "application/pdf", "attachment"),
    ],
)  # fmt: skip
def test_as_what_it_is_served(chats: Chats, owner: Visitor, body: bytes, kind: str, served: str, how: str) -> None:
    answer = get(owner, address(chats, body, kind))
    assert (answer.status_code, answer.mimetype) == (200, served)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    told = answer.headers.get("Content-Disposition", "inline")
    assert told.startswith(how)
    assert "fil_" not in told


def test_a_part_of_a_recording(chats: Chats, owner: Visitor) -> None:
    path = address(chats, MP4, "video")
    answer = get(owner, path, Range="bytes=4-7")
    assert (answer.status_code, answer.data) == (206, b"ftyp")
    assert answer.headers["Content-Range"] == f"bytes 4-7/{len(MP4)}"
    assert get(owner, path, Range="bytes=9999-").status_code == 416


def test_a_small_copy(chats: Chats, owner: Visitor) -> None:
    path = address(chats, picture((900, 600)))
    small, whole = get(owner, f"{path}?side=320"), get(owner, f"{path}?side=9999")
    assert (small.mimetype, whole.mimetype) == ("image/webp", "image/jpeg")
    assert len(small.data) < len(whole.data)


def test_nobody_else_gets_it(chats: Chats, owner: Visitor) -> None:
    path = address(chats, picture())
    face = f"/app/customers/{chats.message().customer_id}/picture"
    assert get(owner, path).status_code == 200
    assert get(owner, face).status_code == 404  # there is none
    stranger = Visitor.of(chats.shop.world)
    assert get(stranger, path).status_code in (302, 303)
    chats.shop.world.practice_shop("Kabir Shoes", "kabir@example.in")
    stranger.sign_in("kabir@example.in")
    assert (get(stranger, path).status_code, get(stranger, face).status_code) == (404, 404)
    name = chats.message().attachments[0]["file"]
    assert get(owner, f"/media/{chats.shop.id}/{name}").status_code == 404
    assert get(owner, f"/media/{chats.shop.id}/chats/{name}").status_code == 404


def test_a_member_who_may_not_read_chats_does_not_see_it(chats: Chats) -> None:
    path = address(chats, picture())
    world = chats.shop.world
    user, _ = world.sign_up("Packing room", "packer@example.in")
    with world.storage.unit_of_work(chats.shop.id) as uow:
        (owner,) = uow.memberships.select(limit=1)
        uow.memberships.add(
            type(owner)(
                id=world.services.core.ids.new("membership"), business_id=chats.shop.id, user_id=user.id, role=Role.PACKER,
                created_at=world.clock.now(),
            )
        )  # fmt: skip
        uow.commit()
    with world.storage.system_unit_of_work() as system:
        for one_ in system.memberships.select():
            if one_.user_id == user.id and one_.business_id != chats.shop.id:
                system.memberships.remove(one_)
        system.commit()
    packer = Visitor.of(world)
    packer.sign_in("packer@example.in", PASSWORD)
    assert packer.get(path).status_code == 403


@pytest.mark.parametrize("place", ["1", "x", "subject", "..%2f..%2fsecret.key", "-1", "0x0"])
def test_places_that_are_none(chats: Chats, owner: Visitor, place: str) -> None:
    path = address(chats, picture(), place=place)
    assert get(owner, path).status_code == 404


def test_an_unsent_picture_is_gone(chats: Chats, owner: Visitor) -> None:
    path = address(chats, picture())
    chats.send(kind="deleted")
    chats.jobs()
    assert get(owner, path).status_code == 404


def test_words_of_customers_are_escaped_wherever_they_stand(chats: Chats, owner: Visitor) -> None:
    evil = "<script>alert(1)</script>\"'"
    first = chats.send(text=evil)
    chats.send(one("ig_post", "https://www.instagram.com/p/1/", title=evil), ref="m-2")
    chats.send(text="re", ref="m-3", reply_to_ref="m-1", facts={"referral": {"source": "ADS", "title": evil}})
    chats.deliver(chats.event("edited", f"{evil} two", message_ref="m-1", event_id="e"))
    chats.deliver(chats.event("reaction", message_ref="m-3", event_id="r", emoji="<b>x</b>"))
    page = get(owner, f"/app/inbox/{first.conversation_id}").text
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 4
    panel = get(owner, f"/app/inbox/{first.conversation_id}/customer").text
    assert "<script>alert(1)" not in panel


def test_an_order_is_told_of_with_its_card(chats: Chats, owner: Visitor) -> None:
    shop = chats.shop
    order = shop.pay(shop.order_two_sarees())
    shop.say("See products", payload="catalogue")
    page = get(owner, f"/app/inbox/{order.conversation_id}").text
    assert page.count(f'href="/app/orders/{order.id}"') >= 2
    assert page.count("View order") >= 2
    assert " of 10</span>" in page  # a place in the carousel
