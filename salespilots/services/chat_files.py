"""What customers send and show: pictures, recordings and files, kept under names of ours and shown to the shop alone.

Pictures are drawn again, whatever they were. Everything else is kept as it is only when its first bytes are those of a
kind that is known, and is served as that kind.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.services.core import Core
from salespilots.services.pictures import drawn_again, write_picture

MB = 1024 * 1024
LIMITS = {"image": 8 * MB, "video": 25 * MB, "audio": 25 * MB, "file": 25 * MB}
"""Most bytes of each sort, as Meta states them for what a chat carries."""

SMALL = (96, 320)
"""Longest sides of the small copies of pictures: faces, and bubbles."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
ENDINGS = {
    "image/jpeg": "jpg", "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-msvideo": "avi",
    "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/aac": "aac", "audio/ogg": "ogg", "audio/wav": "wav",
    "application/pdf": "pdf",
}  # fmt: skip
KINDS = {ending: kind for kind, ending in ENDINGS.items()}
FOLDER = "chats"
"""Below a shop's folder of pictures: what is public lies beside it, never in it."""

_NAME = re.compile(r"^(fil_[A-Za-z0-9]{8,40})(?:-(96|320)\.webp|\.([a-z0-9]{2,4}))$")
_BUSINESS = re.compile(r"^biz_[A-Za-z0-9]{8,40}$")


class NotKept(Exception):
    """The text is a reason word: too_large, wrong_type, damaged."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was stored. ``sort``: image | video | audio | file."""

    name: str
    sort: str
    kind: str
    size: int


def sniff(data: bytes) -> str:
    """What the first bytes say it is, as a media type; empty for anything that is not known."""
    head = data[:16]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"), (b"\x1aE\xdf\xa3", "video/webm"), (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"),
    ):  # fmt: skip
        if head.startswith(start):
            return kind
    if len(head) > 1 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
            return "audio/mpeg"
    return ""


class ChatFiles:
    """Files in one media folder; names are made here, never taken from anywhere."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core, self._folder = core, folder

    def keep(self, business_id: str, data: bytes, wanted: str) -> Kept:
        """Store what came as ``wanted`` (image, video, audio, file, or any), complete on disk when this returns. Raises
        `NotKept` for what is too large, damaged, or of no known kind."""
        kind = sniff(data)
        sort = _sort(kind, wanted)
        if sort is None:
            raise NotKept("wrong_type")
        if len(data) > LIMITS[sort]:
            raise NotKept("too_large")
        name, folder = self._core.ids.new("file"), self._folder / business_id / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        if sort == "image":
            return self._keep_picture(folder, name, data)
        if wanted == "audio" and kind == "video/mp4":
            kind = "audio/mp4"  # voice notes come in a video's box
        path = folder / f"{name}.{ENDINGS[kind]}"
        _write_whole(path, data)
        return Kept(path.name, sort, kind, len(data))

    def _keep_picture(self, folder: Path, name: str, data: bytes) -> Kept:
        try:
            picture = drawn_again(data, FORMATS)
        except InvalidInput:
            raise NotKept("damaged") from None
        written: list[Path] = []
        try:
            for side in SMALL:
                small = picture.copy()
                small.thumbnail((side, side))
                written.append(write_picture(folder / f"{name}-{side}.webp", small, "WEBP", quality=80, method=4))
            written.append(write_picture(folder / f"{name}.jpg", picture, "JPEG", quality=85, optimize=True))
        except OSError:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return Kept(f"{name}.jpg", "image", "image/jpeg", written[-1].stat().st_size)

    def discard(self, business_id: str, name: str) -> None:
        """Delete a file with its small copies. Nothing happens when it is gone already."""
        found = _NAME.match(name)
        if not found or not _BUSINESS.match(business_id):
            return
        folder = self._folder / business_id / FOLDER
        for one in (name, *(f"{found.group(1)}-{side}.webp" for side in SMALL)):
            (folder / one).unlink(missing_ok=True)

    def path(self, business_id: str, name: str, side: int | None = None) -> tuple[Path, str]:
        """Where a file lies and as which kind it is served; ``side`` asks for a picture's small copy. Raises `NotFound`."""
        found = _NAME.match(name)
        if not found or not _BUSINESS.match(business_id):
            raise NotFound("There is no such file.")
        folder = self._folder / business_id / FOLDER
        if side in SMALL and (small := folder / f"{found.group(1)}-{side}.webp").is_file():
            return small, "image/webp"
        path, kind = folder / name, KINDS.get(found.group(3) or "", "")
        if not kind or not path.is_file():
            raise NotFound("There is no such file.")
        return path, kind


def _sort(kind: str, wanted: str) -> str | None:
    """Of which sort a file is, when that is one of those wanted."""
    if not kind:
        return None
    sort = {"image": "image", "video": "video", "audio": "audio"}.get(kind.partition("/")[0], "file")
    if wanted in (sort, "any"):
        return sort
    if wanted == "file":
        return sort
    if {sort, wanted} == {"audio", "video"} and kind in ("video/mp4", "audio/mp4", "audio/ogg", "video/webm"):
        return wanted
    return None


def _write_whole(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
