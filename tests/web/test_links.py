"""Every address that code and templates ask for by name is there."""

from __future__ import annotations

import re
from pathlib import Path

import salespilots.web
from tests.support.program import application
from tests.support.shop import Shop

NAMED = re.compile(r"""url_for\(\s*['"]([\w.]+)['"]""")


def test_every_link_names_a_page(shop: Shop) -> None:
    there = {rule.endpoint for rule in application(shop.world).url_map.iter_rules()}
    folder = Path(salespilots.web.__file__).parent
    sources = [path for path in folder.rglob("*") if path.suffix in (".py", ".html")]
    asked = {(path.name, name) for path in sources for name in NAMED.findall(path.read_text())}
    assert len(asked) > 200
    assert {one for one in asked if one[1] not in there} == set()
