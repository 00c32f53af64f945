"""Product pictures: read with limits, drawn again as JPEG with WebP thumbnails, stored under a name of ours."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.services.core import Core

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIDE = 1280
THUMBNAILS = (96, 320, 640)
"""Longest sides of the small WebP copies. The large one is a JPEG: a channel's cards do not show WebP."""

FORMATS = ("JPEG", "PNG", "WEBP")
NOT_A_PICTURE = "This is not a JPEG, PNG or WebP picture."
_NAME = re.compile(r"^(pic_[A-Za-z0-9]{8,40})(?:\.jpg|-(96|320|640)\.webp)$")
_BUSINESS = re.compile(r"^biz_[A-Za-z0-9]{8,40}$")


def thumbnail_name(name: str, side: int) -> str:
    """The small copy of a stored picture; a practice picture has none and is its own."""
    return name if name.startswith("practice/") else f"{name.removesuffix('.jpg')}-{side}.webp"


class Pictures:
    """Files in one media folder; names are made here, never taken from a request."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core = core
        self._folder = folder

    def save(self, business_id: str, file: IO[bytes]) -> str:
        """Store a picture and its thumbnails, complete on disk when this returns its name. Raises `InvalidInput` for
        anything but a reasonable picture."""
        data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InvalidInput({"picture": ["At most 8 MB."]})
        picture = drawn_again(data)
        name = f"{self._core.ids.new('picture')}.jpg"
        folder = self._folder / business_id
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        try:
            for side in THUMBNAILS:
                small = picture.copy()
                small.thumbnail((side, side))
                written.append(write_picture(folder / thumbnail_name(name, side), small, "WEBP", quality=80, method=4))
            written.append(write_picture(folder / name, picture, "JPEG", quality=85, optimize=True))
        except OSError:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return name

    def discard(self, business_id: str, name: str) -> None:
        """Delete a picture that no row refers to."""
        for one in (name, *(thumbnail_name(name, side) for side in THUMBNAILS)):
            if _NAME.match(one):
                (self._folder / business_id / one).unlink(missing_ok=True)

    def path(self, business_id: str, name: str) -> Path:
        """Where a picture lies; where a thumbnail is missing, its large picture. Raises `NotFound` for any name that is
        not one of ours."""
        match = _NAME.match(name)
        if not match or not _BUSINESS.match(business_id):
            raise NotFound("There is no such picture.")
        folder = self._folder / business_id
        for path in (folder / name, folder / f"{match.group(1)}.jpg"):
            if path.is_file():
                return path
        raise NotFound("There is no such picture.")


def drawn_again(data: bytes, formats: Sequence[str] = FORMATS) -> Any:
    """The picture upright, opaque, at most `SIDE` long, and nothing of what came along with it. Raises `InvalidInput`."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # a large library, needed on this one road only

    try:
        with Image.open(io.BytesIO(data), formats=list(formats)) as source:
            if source.width * source.height > MAX_PIXELS:
                raise InvalidInput({"picture": ["This picture has too many pixels. At most 40 million."]})
            source.draft("RGB", (SIDE, SIDE))
            picture = ImageOps.exif_transpose(source)
            if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
                above = picture.convert("RGBA")
                picture = Image.new("RGBA", above.size, "white")
                picture.alpha_composite(above)
            picture = picture.convert("RGB")
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput({"picture": ["This picture has too many pixels. At most 40 million."]}) from None
    except UnidentifiedImageError:
        raise InvalidInput({"picture": [NOT_A_PICTURE]}) from None
    except Exception as error:  # a decoder meets a broken or hostile file in many ways
        raise InvalidInput({"picture": ["This picture is damaged or was not sent whole."]}) from error
    picture.thumbnail((SIDE, SIDE))
    picture.info.clear()
    return picture


def write_picture(path: Path, picture: Any, kind: str, **options: Any) -> Path:
    """All of it or nothing: written aside, flushed, then given its name."""
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            picture.save(file, kind, **options)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return path
