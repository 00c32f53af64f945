"""The rules of selling and the discount codes, by their forms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salespilots.domain.business import Business
from salespilots.domain.errors import InvalidInput
from tests.support.browser import Visitor
from tests.support.shop import Shop

RULES = {
    "zone-0-name": "Bengaluru", "zone-0-pincodes": "5600, 5601\n560300-560399", "zone-0-charge": "40",
    "zone-0-free_from": "999", "zone-1-name": "", "zone-1-pincodes": "", "elsewhere": "1", "min_order": "300",
    "cod": "1", "cod_fee": "40", "cod_max": "5,000", "cod_not_to": "79", "cod_not_categories": "Sarees, Shawls",
    "cod_refused": "2", "refund_shipping": "1",
}  # fmt: skip


def rules(shop: Shop) -> Business:
    return shop.world.services.shops.get(shop.id)


def test_rules_are_kept_and_shown_as_they_were_written(owner: Visitor, shop: Shop) -> None:
    assert owner.post("/app/settings/selling", **RULES).status_code == 303
    kept = rules(shop)
    prices = [kept.shipping_for(50_000, pincode) for pincode in ("560038", "560345", "560200", "411001", None)]
    assert prices == [4000, 4000, 8000, 8000, 8000]
    assert kept.shipping_for(99_900, "560038") == 0
    assert (kept.min_order_paise, kept.cash_rules.fee_paise, kept.cash_rules.max_paise) == (30_000, 4000, 500_000)
    assert kept.cash_rules.not_categories == ("Sarees", "Shawls")
    shown = owner.get("/app/settings/selling").text
    for text in ("5600, 5601, 560300-560399", 'value="40.00"', 'value="5,000.00"', "Sarees, Shawls"):
        assert text in shown
    assert owner.post("/app/settings/selling", **{**RULES, "zone-0-name": "", "zone-0-pincodes": ""}).status_code == 303
    assert rules(shop).deliveries.zones == ()


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("zone-0-pincodes", "5600, abc", "“abc” is no pincode"),
        ("zone-0-pincodes", "560399-560300", "“560399-560300” is no pincode"),
        ("zone-0-pincodes", "", "Write this."),
        ("zone-0-charge", "", "Write an amount"),
        ("zone-0-charge", "forty", "Write an amount"),
        ("cod_max", "-1", "too small"),
        ("cod_refused", "0", "Between 1 and 20"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    owner: Visitor, shop: Shop, field: str, text: str, words: str
) -> None:
    answer = owner.post("/app/settings/selling", **{**RULES, field: text})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="e-{field}"' in answer.text
    assert 'value="Bengaluru"' in answer.text
    assert rules(shop).delivery == {}


CODE = {"code": " diwali 10 ", "kind": "percent", "percent": "10", "usage_limit": "1", "active": "1"}


def test_a_code_is_made_used_up_and_switched_off(owner: Visitor, shop: Shop) -> None:
    assert owner.post("/app/discounts/new", **CODE).status_code == 303
    (made,) = shop.world.services.discounts.page(shop.id).items
    assert made.code == "DIWALI10"
    orders, customer = shop.world.services.orders, shop.world.services.customers.add(shop.id, name="Riya")
    lines = [{"sku": "SAR-BLUE", "quantity": 1}]
    first = orders.create(shop.id, customer_id=customer.id, lines=lines, discount_code="diwali10")
    assert (first.discount_paise, first.total_paise) == (14990, 134910 + 8000)
    with pytest.raises(InvalidInput) as refused:
        orders.create(shop.id, customer_id=customer.id, lines=lines, discount_code="diwali10")
    assert "as often as it may be" in str(refused.value.details)
    assert "Used 1 of 1" in owner.get("/app/discounts").text
    owner.post(f"/app/discounts/{made.id}", **{**CODE, "usage_limit": "5", "active": ""})
    with pytest.raises(Exception, match="need a change"):
        orders.create(shop.id, customer_id=customer.id, lines=lines, discount_code="DIWALI10")
    owner.post(f"/app/discounts/{made.id}", **{**CODE, "usage_limit": "1", "last_day": "2026-11-22"})
    orders.cancel(shop.id, first.id)
    again = orders.create(shop.id, customer_id=customer.id, lines=lines, discount_code="DIWALI10")
    assert again.discount_paise == 14990, "what was given back can be used"
    shop.world.clock.advance(timedelta(days=1))
    with pytest.raises(Exception, match="need a change"):
        orders.create(shop.id, customer_id=customer.id, lines=lines, discount_code="DIWALI10")


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [("code", "a-b", "letters and digits"), ("percent", "0", "Between 1 and 90"), ("percent", "10.5", "whole number"),
     ("last_day", "tomorrow", "Write a day"), ("kind", "half", "Must be one of"), ("usage_limit", "0", "Between 1")],
)  # fmt: skip
def test_a_code_that_cannot_be_says_so(owner: Visitor, shop: Shop, field: str, text: str, words: str) -> None:
    answer = owner.post("/app/discounts/new", **{**CODE, field: text})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert shop.world.services.discounts.page(shop.id).items == []
    owner.post("/app/discounts/new", **CODE)
    assert "There is such a code already." in owner.post("/app/discounts/new", **CODE).text
