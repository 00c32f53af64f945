"""Pictures of products: redrawn, refused, moved, described."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.browser import Visitor
from tests.support.shop import Shop
from tests.web.test_product_form import fields


def picture(kind: str = "JPEG", size: tuple[int, int] = (1600, 1200), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **more)
    return out.getvalue()


def send(owner: Visitor, shop: Shop, files: list[tuple[bytes, str]], path: str = "") -> Any:
    path = path or f"/app/products/{shop.product('blue').product.id}"
    data = {**fields(owner.get(path).text), "csrf_token": owner.token(), "picture_act": "add"}
    data["pictures"] = [(io.BytesIO(content), name) for content, name in files]  # type: ignore[assignment]
    return owner.client.post(path, base_url=owner.address, data=data, content_type="multipart/form-data")


def test_pictures_are_redrawn_upright_without_what_came_along(owner: Visitor, shop: Shop, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SECRET CAMERA"
    assert (
        send(
            owner, shop, [(picture(exif=exif), "a.jpg"), (picture("PNG"), "b.png"), (picture("WEBP"), "c.webp")]
        ).status_code
        == 200
    )
    images = shop.product("blue").product.images
    assert len(images) == 4
    name = images[1]
    with Image.open(tmp_path / "media" / shop.id / name) as kept:
        assert (kept.format, kept.size) == ("JPEG", (960, 1280))
        assert not kept.getexif()
    assert b"SECRET" not in (tmp_path / "media" / shop.id / name).read_bytes()
    for side in (96, 320, 640):
        got = owner.get(f"/media/{shop.id}/{name.removesuffix('.jpg')}-{side}.webp")
        assert (got.status_code, got.mimetype) == (200, "image/webp")
        with Image.open(io.BytesIO(got.data)) as small:
            assert max(small.size) == side
    assert owner.get(f"/media/{shop.id}/{name}").mimetype == "image/jpeg"


def test_a_see_through_picture_gets_a_white_ground(owner: Visitor, shop: Shop, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    send(owner, shop, [(out.getvalue(), "a.png")])
    with Image.open(tmp_path / "media" / shop.id / shop.product("blue").product.images[-1]) as kept:
        assert min(kept.getpixel((5, 5))) > 250  # type: ignore[type-var]


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a JPEG, PNG or WebP picture."),
        (b"", "This is not a JPEG, PNG or WebP picture."),
        (b"GIF89a" + b"\0" * 50, "This is not a JPEG, PNG or WebP picture."),
        (picture()[:2000], "This picture is damaged or was not sent whole."),
        (picture("PNG")[:-200], "This picture is damaged or was not sent whole."),
        (b"\xff\xd8\xff\xe0" + b"x" * (8 * 1024 * 1024), "At most 8 MB."),
        (bomb(), "This picture has too many pixels."),
    ],
    ids=["svg", "empty", "gif", "cut jpeg", "cut png", "large", "bomb"],
)  # fmt: skip
def test_what_is_no_reasonable_picture_is_refused(
    owner: Visitor, shop: Shop, tmp_path: Path, content: bytes, sentence: str
) -> None:
    before = shop.product("blue").product.images
    answer = send(owner, shop, [(content, "odd.jpg")])
    assert answer.status_code == 422
    assert f"odd.jpg: {sentence}" in answer.text
    assert shop.product("blue").product.images == before
    assert not list((tmp_path / "media").rglob("*.*"))


def test_pictures_move_are_described_and_come_back(owner: Visitor, shop: Shop, tmp_path: Path) -> None:
    path = f"/app/products/{shop.product('blue').product.id}"
    send(owner, shop, [(picture(), "a.jpg"), (picture(), "b.jpg")])
    first, second, third = shop.product("blue").product.images
    kept = {**fields(owner.get(path).text), "title": "Blue saree, typed and not saved"}
    moved = owner.post(path, **kept, picture_act=f"earlier|{third}")
    assert fields(moved.text)["title"] == "Blue saree, typed and not saved"
    assert shop.product("blue").product.images == [first, third, second]
    removed = owner.post(path, **fields(owner.get(path).text), picture_act=f"remove|{third}")
    assert shop.product("blue").product.images == [first, second]
    undo = re.search(r'action="([^"]*pictures/back[^"]*)"', removed.text)
    assert undo
    owner.post(undo.group(1).replace("&amp;", "&"))
    assert shop.product("blue").product.images == [first, third, second]
    data: Any = {**fields(owner.get(path).text), "csrf_token": owner.token(), "alt-1": "The pallu"}
    data["picture_name"] = [first, third, second]
    assert owner.client.post(path, base_url=owner.address, data=data).status_code == 303
    assert shop.product("blue").product.image_texts == {third: "The pallu"}
    assert 'alt="The pallu"' in owner.get(path).text
    too_many = send(owner, shop, [(picture(size=(9, 9)), f"{n}.jpg") for n in range(8)], path)
    assert "At most 10 pictures." in too_many.text
    assert len(list((tmp_path / "media" / shop.id).glob("*.jpg"))) == 2
