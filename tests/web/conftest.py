"""Who sits at the browser in the tests of pages."""

from __future__ import annotations

import pytest

from tests.support.browser import Visitor
from tests.support.builder import Builder
from tests.support.shop import Shop


@pytest.fixture
def owner(shop: Shop) -> Visitor:
    """The owner of the practice shop, signed in."""
    visitor = Visitor.of(shop.world)
    visitor.sign_in("meera@example.in")
    return visitor


@pytest.fixture
def builder(owner: Visitor, shop: Shop) -> Builder:
    """The owner at a new workflow; no other one is live."""
    for one in shop.world.services.workflows.page(shop.id).items:
        shop.world.services.workflows.pause(shop.id, one.id)
    return Builder(owner, shop)
