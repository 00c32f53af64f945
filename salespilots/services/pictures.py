"""Product pictures: read with limits, drawn again as JPEG, stored under a name of ours."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import IO

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.services.core import Core

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIDE = 1280
FORMATS = ("JPEG", "PNG", "WEBP")
_NAME = re.compile(r"^pic_[A-Za-z0-9]{8,40}\.jpg$")
_BUSINESS = re.compile(r"^biz_[A-Za-z0-9]{8,40}$")


class Pictures:
    """Files in one media folder; names are made here, never taken from a request."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core = core
        self._folder = folder

    def save(self, business_id: str, file: IO[bytes]) -> str:
        """Store a picture; returns its name. Raises `InvalidInput` for anything but a reasonable picture."""
        from PIL import Image, ImageOps  # a large library, needed on this one road only

        data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InvalidInput({"picture": ["At most 8 MB."]})
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as source:
                if source.width * source.height > MAX_PIXELS:
                    raise InvalidInput({"picture": ["This picture is too large."]})
                picture = ImageOps.exif_transpose(source).convert("RGB")
        except InvalidInput:
            raise
        except Exception as error:
            raise InvalidInput({"picture": ["This is not a JPEG, PNG or WebP picture."]}) from error
        picture.thumbnail((SIDE, SIDE))
        name = f"{self._core.ids.new('picture')}.jpg"
        folder = self._folder / business_id
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name, "JPEG", quality=85, optimize=True)
        return name

    def path(self, business_id: str, name: str) -> Path:
        """Where a picture lies. Raises `NotFound` for any name that is not one of ours."""
        if not _NAME.match(name) or not _BUSINESS.match(business_id):
            raise NotFound("There is no such picture.")
        path = self._folder / business_id / name
        if not path.is_file():
            raise NotFound("There is no such picture.")
        return path
