"""Each page loads the style sheets whose classes it wears, and none is left that nothing loads or wears."""

from __future__ import annotations

import re
from functools import cache

from salespilots.web import media
from tests.support.browser import Visitor
from tests.support.shop import Shop

CSS = media.STATIC / "css"
TEMPLATES = sorted((media.STATIC.parent / "templates").rglob("*.html"))
SCRIPTS = sorted((media.STATIC / "js").glob("*.js"))


@cache
def worn(sheet: str) -> frozenset[str]:
    """The classes of a sheet's selectors."""
    text = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "{}", (CSS / f"{sheet}.css").read_text(), flags=re.DOTALL)
    return frozenset(re.findall(r"\.([a-z][\w-]*)", text))


def named() -> set[str]:
    """The sheets that templates ask for."""
    lists = re.findall(r"set sheets = \[(.*?)\]", "".join(one.read_text() for one in TEMPLATES))
    return {f"pages/{name}" for one in lists for name in re.findall(r"'(\w+)'", one)}


def test_every_sheet_is_loaded() -> None:
    there = {one.relative_to(CSS).with_suffix("").as_posix() for one in CSS.rglob("*.css")}
    assert there == named() | set(media.EVERY_PAGE)


def test_every_class_is_worn() -> None:
    words = set(re.findall(r"[\w-]+", "".join(one.read_text() for one in TEMPLATES + SCRIPTS)))
    for sheet in named() | set(media.EVERY_PAGE):
        assert worn(sheet) <= words, sheet


def wrong(visitor: Visitor, *paths: str) -> tuple[dict[str, set[str]], int]:
    """Classes without a loaded sheet, by page, on ``paths`` and all that they link to; and the number of pages."""
    some = frozenset[str]().union(*(worn(sheet) for sheet in named() | set(media.EVERY_PAGE)))
    todo, seen, found = list(paths), set(paths), {}
    while todo:
        answer = visitor.get(path := todo.pop())
        if answer.mimetype != "text/html":
            continue
        asked = re.findall(r'href="/static/\w+/css/([\w/]+)\.css"', answer.text)
        if not asked:
            continue
        assert asked[0] == "all", path
        loaded = frozenset[str]().union(*(worn(sheet) for sheet in (*media.EVERY_PAGE, *asked[1:])))
        wears = {name for value in re.findall(r'class="([^"]*)"', answer.text) for name in value.split()}
        found[path] = (wears & some) - loaded
        fresh = {one.partition("#")[0] for one in re.findall(r'href="(/(?:app|o|pay)/[^"?]*)', answer.text)} - seen
        seen |= fresh
        todo += fresh
    return {path: names for path, names in found.items() if names}, len(found)


def test_pages_load_what_they_wear(shop: Shop) -> None:
    order = shop.order_two_sarees()
    stranger, owner = (Visitor.of(shop.world) for _ in range(2))
    owner.sign_in("meera@example.in")
    pay = f"/pay/{shop.payment(order).reference}"
    for visitor, least, paths in (
        (stranger, 8, ("/", "/signin", "/signup", "/forgot", "/nothing", "/o/none", f"/o/{order.token}", pay)),
        (owner, 40, ("/app", "/app/more/ui", "/nothing")),
    ):
        found, count = wrong(visitor, *paths)
        assert found == {}
        assert count >= least
