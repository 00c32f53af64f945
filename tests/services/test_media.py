"""What hangs on messages: fetched once, kept under a name of ours, gone when it must be, and never in the way."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from salespilots.domain.conversation import Message
from salespilots.domain.errors import NotFound
from salespilots.ports.channel import Attachment, CustomerProfile, Subject
from salespilots.ports.errors import Rejected, Unavailable
from salespilots.services.chat_files import sniff
from salespilots.services.jobs import BACKOFF
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fetcher import FakeFetcher
from tests.support.shop import World

URL = "https://cdn.example/one"
MP4 = b"\x00\x00\x00\x18ftypmp42isomiso2" + b"\x00" * 50
M4A = b"\x00\x00\x00\x18ftypM4A isomiso2" + b"\x00" * 50
PDF = b"%PDF-1.4\n%%EOF\n"


def picture(size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


class Chats(FarSide):
    """With addresses behind it, and the media folder."""

    def __init__(self, world: World, plugin: FakeChannelPlugin, fetcher: FakeFetcher, folder: Path) -> None:
        super().__init__(world.practice_shop(), plugin)
        self.fetcher, self.folder, self.services = fetcher, folder / "media" / self.shop.id / "chats", world.services

    def jobs(self) -> None:
        self.services.maintenance.do_jobs()

    def later(self, **time: float) -> None:
        self.shop.world.clock.advance(timedelta(**time))
        self.jobs()

    def message(self, ref: str = "m-1") -> Message:
        return next(one for one in self.messages() if one.provider_ref == ref)

    def send(
        self, *attachments: Attachment, kind: str = "message", ref: str = "m-1", text: str = "", **more: Any
    ) -> Message:
        self.deliver(self.event(kind, text, message_ref=ref, event_id=f"{ref}:{kind}", attachments=attachments, **more))
        return self.message(ref)

    def files(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def chats(make_world: Callable[..., World], sqlite_url: str, tmp_path: Path) -> Chats:
    plugin, fetcher = FakeChannelPlugin(), FakeFetcher()
    world = make_world(sqlite_url, extra=[plugin], fetcher=fetcher)
    return Chats(world, plugin, fetcher, world.application.config.home)


def one(kind: str, url: str = URL, **more: str) -> Attachment:
    return Attachment(kind=kind, url=url, **more)


@pytest.mark.parametrize(
    ("kind", "body", "sort", "ending"),
    [
        ("image", picture(), "image", ".jpg"), ("image", picture(kind="GIF"), "image", ".jpg"),
        ("image", picture(kind="WEBP"), "image", ".jpg"), ("sticker", picture(), "image", ".jpg"),
        ("video", MP4, "video", ".mp4"), ("audio", M4A, "audio", ".m4a"), ("audio", MP4, "audio", ".m4a"),
        ("audio", b"OggS" + b"\x00" * 40, "audio", ".ogg"), ("file", PDF, "file", ".pdf"), ("ig_post", picture(), "image", ".jpg"),
        ("ig_reel", MP4, "video", ".mp4"), ("share", picture(), "image", ".jpg"), ("story_mention", picture(), "image", ".jpg"),
    ],
)  # fmt: skip
def test_it_is_fetched_and_kept(chats: Chats, kind: str, body: bytes, sort: str, ending: str) -> None:
    chats.fetcher.there[URL] = body
    chats.send(one(kind))
    assert chats.message().attachments[0].get("file") is None
    chats.jobs()
    (slot,) = chats.message().attachments
    assert (slot["sort"], slot["missing"]) == (sort, "")
    assert slot["file"].endswith(ending)
    assert slot["file"] in chats.files()
    chats.jobs()
    assert chats.fetcher.asked == [URL]


def test_an_album_is_one_message_and_a_piece_that_fails_costs_the_others_nothing(chats: Chats) -> None:
    urls = [f"https://cdn.example/{n}" for n in range(3)]
    chats.fetcher.there = {urls[0]: picture(), urls[2]: picture()}
    chats.send(*(one("image", url) for url in urls), automation=False)
    chats.jobs()
    slots = chats.message().attachments
    assert [bool(slot.get("file")) for slot in slots] == [True, False, True]
    assert slots[1]["missing"] == "gone"
    assert chats.chat().preview == "3 photos"


@pytest.mark.parametrize(
    ("kind", "body", "missing"),
    [
        ("image", b"<html>no picture</html>", "wrong_type"), ("image", b"<svg xmlns='x'><script/></svg>", "wrong_type"),
        ("image", picture()[:200], "damaged"), ("image", b"", "wrong_type"), ("image", PDF, "wrong_type"),
        ("image", b"\x89PNG\r\n\x1a\n" + b"\x00" * (8 * 1024 * 1024), "too_large"), ("video", picture(), "wrong_type"),
        ("file", b"MZ\x90\x00 a program", "wrong_type"), ("file", b"PK\x03\x04", "wrong_type"), ("audio", b"#!/bin/sh", "wrong_type"),
        ("video", MP4 + b"\x00" * (26 * 1024 * 1024), "too_large"), ("ig_reel", b"<!doctype html>", "wrong_type"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_said(chats: Chats, kind: str, body: bytes, missing: str) -> None:
    chats.fetcher.there[URL] = body
    chats.send(one(kind), text="look")
    chats.jobs()
    message = chats.message()
    assert (message.text, message.attachments[0]["missing"]) == ("look", missing)
    assert chats.files() == []


@pytest.mark.parametrize("kind", ["template", "ephemeral", "fallback", "brand_new"])
def test_of_other_kinds_nothing_is_opened(chats: Chats, kind: str) -> None:
    chats.send(one(kind))
    chats.jobs()
    assert chats.fetcher.asked == []


def test_trouble_that_passes_is_tried_again_and_then_said(chats: Chats) -> None:
    chats.fetcher.there[URL] = Unavailable(provider="address", reason="no_answer")
    chats.send(one("image"))
    for seconds in (0, *BACKOFF):
        chats.later(seconds=seconds * 1.3)
    assert chats.message().attachments[0]["missing"] == "no_answer"
    assert len(chats.fetcher.asked) == len(BACKOFF) + 1
    chats.fetcher.there[URL] = picture()
    chats.send(one("image"), ref="m-2")
    chats.fetcher.there[URL] = Unavailable(provider="address", reason="no_answer")
    chats.jobs()
    chats.fetcher.there[URL] = picture()
    chats.later(seconds=10)
    assert chats.message("m-2").attachments[0]["file"]


def test_unsending_takes_the_files(chats: Chats) -> None:
    chats.fetcher.there = {URL: picture(), f"{URL}2": MP4}
    chats.send(one("image"), one("video", f"{URL}2"))
    chats.jobs()
    assert len(chats.files()) == 4
    chats.send(kind="deleted")
    chats.jobs()
    assert chats.files() == []
    assert chats.message().attachments == []


def test_unsent_while_it_is_fetched(chats: Chats) -> None:
    def body() -> bytes:
        chats.deliver(chats.event("deleted", message_ref="m-1", event_id="m-1:deleted"))
        return picture()

    chats.fetcher.there[URL] = body
    chats.send(one("image"))
    chats.jobs()
    assert chats.files() == []
    assert chats.message().attachments == []


def test_the_picture_of_our_story_stays_and_that_of_anothers_ends_with_it(chats: Chats) -> None:
    chats.fetcher.there = {URL: picture(), f"{URL}2": picture()}
    story = Subject(kind="story", ref="179", url=URL)
    chats.send(kind="story_reply", text="this one?", subject=story, reply_to_ref="179")
    chats.send(
        one("story_mention", f"{URL}2"), kind="story_mention", ref="m-2", subject=Subject(kind="story", url=f"{URL}2")
    )
    chats.jobs()
    assert chats.message().post_ref == "179"
    assert chats.message().content["subject"]["file"]
    assert chats.message("m-2").attachments[0]["file"]
    assert "file" not in chats.message("m-2").content["subject"]  # it is the attachment
    chats.later(hours=25)
    assert chats.message().content["subject"]["file"]
    assert (chats.message("m-2").attachments[0]["file"], chats.message("m-2").attachments[0]["missing"]) == (
        "",
        "ended",
    )
    chats.jobs()
    assert len(chats.files()) == 3
    assert len([one for one in chats.files() if one.endswith(".jpg")]) == 1


def test_a_photo_from_the_app_is_fetched_too(chats: Chats) -> None:
    chats.say("Hi")
    chats.fetcher.there[URL] = picture()
    chats.send(one("image"), kind="echo", ref="app-1")
    chats.jobs()
    assert chats.message("app-1").attachments[0]["file"] in chats.files()


def test_files_are_found_by_their_message_alone(chats: Chats) -> None:
    chats.fetcher.there[URL] = picture()
    message = chats.send(one("image"))
    chats.jobs()
    media, shop = chats.services.media, chats.shop.id
    name = media.file_of(shop, message.conversation_id, message.id, "0")
    assert chats.services.chat_files.path(shop, name)[1] == "image/jpeg"
    assert chats.services.chat_files.path(shop, name, 96)[1] == "image/webp"
    for place in ("1", "-1", "x", "", "subject", "٣", "00001"):
        with pytest.raises(NotFound):
            media.file_of(shop, message.conversation_id, message.id, place)
    with pytest.raises(NotFound):
        media.file_of(shop, "cnv_other000000", message.id, "0")
    other = chats.shop.world.practice_shop("Kabir Shoes", "kabir@example.in")
    with pytest.raises(NotFound):
        media.file_of(other.id, message.conversation_id, message.id, "0")
    for junk in ("../../secret.key", "pic_0000000000.jpg", "fil_../x.jpg", "fil_00000000.exe", ""):
        with pytest.raises(NotFound):
            chats.services.chat_files.path(shop, junk)
        chats.services.chat_files.discard(shop, junk)
    with pytest.raises(NotFound):
        chats.services.pictures.path(shop, name)  # the public road does not lead there


def test_a_customer_is_forgotten_with_every_file(chats: Chats) -> None:
    chats.channel.profiles["asha"] = CustomerProfile(name="Asha", picture_url=f"{URL}2")
    chats.fetcher.there = {URL: picture(), f"{URL}2": picture()}
    message = chats.send(one("image"))
    chats.jobs()
    assert len(chats.files()) == 6
    assert chats.services.media.forget_customer(chats.shop.id, message.customer_id) == 1
    chats.jobs()
    assert chats.files() == []
    assert chats.message().attachments[0]["url"] == ""


def test_no_job_tells_an_address_or_words(chats: Chats) -> None:
    chats.send(one("image"), text="my secret")
    with chats.shop.world.storage.unit_of_work(chats.shop.id, read_only=True) as uow:
        shown = str([job.payload for job in uow.jobs.select()])
    assert "cdn.example" not in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"RIFF", b"\xff", b"<html>", b"ftyp", b"GIF", b"PK\x03\x04", b"\x7fELF", b"#!"]
)
def test_first_bytes_that_say_nothing(data: bytes) -> None:
    assert sniff(data) == ""


# --- who somebody is --------------------------------------------------------------------------------------------


def who(chats: Chats, name: str = "asha") -> Any:
    return chats.services.customers.get(chats.shop.id, chats.chat(name).customer_id)


def test_a_profile_is_asked_for_once_they_wrote_and_kept(chats: Chats) -> None:
    chats.channel.profiles["asha"] = CustomerProfile(name="Asha Rao", username="asha.weaves", picture_url=URL)
    chats.fetcher.there[URL] = picture()
    chats.say("thanks")
    chats.jobs()
    customer = who(chats)
    assert (customer.name, customer.username) == ("Asha Rao", "asha.weaves")
    first = customer.picture
    assert first in chats.files()
    for _ in range(3):
        chats.say("thanks")
        chats.jobs()
    assert chats.channel.asked == ["asha"]
    chats.channel.profiles["asha"] = CustomerProfile(name="Asha R", username="asha.new", picture_url=URL)
    chats.later(days=4)
    assert chats.channel.asked == ["asha"]  # nobody is asked about who does not write
    chats.say("thanks")
    chats.jobs()
    customer = who(chats)
    assert (customer.name, customer.username) == ("Asha Rao", "asha.new")
    assert customer.picture != first
    assert first not in chats.files()


@pytest.mark.parametrize(
    "error", [Rejected(provider="fake", reason="no_consent"), Rejected(provider="fake", reason="bad_request")]
)
def test_whatever_is_refused_is_unknown_and_not_asked_again(chats: Chats, error: Exception) -> None:
    chats.channel.profiles["asha"] = error
    chats.say("thanks")
    chats.later(hours=1)
    chats.say("thanks")
    chats.later(hours=1)
    assert (who(chats).name, chats.channel.asked) == ("", ["asha"])


def test_trouble_that_passes_and_a_face_that_cannot_be_had(chats: Chats) -> None:
    chats.channel.profiles["asha"] = Unavailable(provider="fake")
    chats.say("thanks")
    chats.jobs()
    chats.channel.profiles["asha"] = CustomerProfile(username="asha.weaves", picture_url="https://10.0.0.1/x")
    chats.later(seconds=10)
    assert (who(chats).username, who(chats).picture) == ("asha.weaves", "")


def test_an_echo_an_event_and_a_practice_customer_are_nobody_to_ask_about(chats: Chats) -> None:
    chats.deliver(chats.event("echo", "Hello from the app"))
    chats.deliver(chats.event("reaction", message_ref="x", emoji="❤️"))
    chats.shop.say("thanks")
    chats.jobs()
    assert chats.channel.asked == []
