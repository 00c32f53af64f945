"""Who sits at the browser in the tests of pages."""

from __future__ import annotations

import pytest

from tests.support.browser import Visitor
from tests.support.shop import Shop


@pytest.fixture
def owner(shop: Shop) -> Visitor:
    """The owner of the practice shop, signed in."""
    visitor = Visitor.of(shop.world)
    visitor.sign_in("meera@example.in")
    return visitor
