"""Static files under a content hash, and product pictures."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, send_file

from salespilots.demo.catalogue import PICTURES, PRODUCTS
from salespilots.domain.errors import NotFound
from salespilots.services.catalog import image_url, thumbnail_url
from salespilots.web.context import services
from salespilots.web.permissions import PUBLIC, public

blueprint = Blueprint("media", __name__)
STATIC = Path(__file__).parent / "static"
EVERY_PAGE = (
    "tokens", "base", "layout", "parts/button", "parts/mark", "parts/card", "parts/form", "parts/sheet", "util",
)  # fmt: skip
"""The style sheets of all pages, in their order; ``css/all.css`` is all of them, so that a phone far away asks once."""
SMALL = 96
"""Side of the pictures of a list."""

YEAR = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def static_path() -> str:
    """``/static/<hash of everything in it>``: a change of any file changes every address."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return f"/static/{digest.hexdigest()[:12]}"


@blueprint.get("/media/practice/<name>")
@public
def practice_picture(name: str) -> Any:
    """A picture of the practice shop."""
    drawn = {one.picture for one in PRODUCTS}
    if name not in drawn and name not in {_small(one) for one in drawn}:
        raise NotFound("There is no such picture.")
    return _picture(PICTURES / name, "image/webp" if name.endswith(".webp") else "image/png")


@blueprint.get("/media/<business_id>/<name>")
@public
def picture(business_id: str, name: str) -> Any:
    """A shop's product picture: public, as the channel must be able to fetch it; its name cannot be guessed."""
    path = services().pictures.path(business_id, name)
    return _picture(path, "image/webp" if path.suffix == ".webp" else "image/jpeg")


def _small(name: str) -> str:
    return f"{name.removesuffix('.png')}-{SMALL}.webp"


def thumbnail(business_id: str, name: str, side: int) -> str:
    """The address of a picture's small copy; practice pictures have one too, of `SMALL` alone."""
    if side == SMALL and name.startswith("practice/"):
        return image_url("", business_id, _small(name))
    return thumbnail_url("", business_id, name, side)


def _picture(path: Path, kind: str) -> Any:
    response = send_file(path, mimetype=kind, conditional=True)
    response.headers["Cache-Control"] = YEAR
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _every_page() -> Response:
    text = "".join((STATIC / "css" / f"{name}.css").read_text("utf-8") for name in EVERY_PAGE)
    return Response(text, mimetype="text/css")


def register(app: Flask) -> None:
    """Add the addresses; static files may be kept for a year."""
    app.register_blueprint(blueprint)
    static = app.view_functions["static"]

    def static_file(filename: str) -> Any:
        response: Any = _every_page() if filename == "css/all.css" else static(filename=filename)
        response.headers["Cache-Control"] = YEAR
        return response

    static_file.salespilots_access = PUBLIC  # type: ignore[attr-defined]
    app.view_functions["static"] = static_file
