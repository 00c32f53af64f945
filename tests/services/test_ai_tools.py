"""The tools of a model: what they return, and what is learnt from it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from salespilots.demo.catalogue import PRODUCTS
from salespilots.ports.ai import ToolCall
from salespilots.ports.extensions import OrderView, ProductView, VariantView
from salespilots.services.workflows.guard import Facts
from salespilots.services.workflows.toolbox import TOOLS, Toolbox

PAGE = "https://shop.example/o/Kq7abc"


class StubReader:
    """The practice products, and the orders of one customer."""

    def __init__(self, orders: Sequence[OrderView] = ()) -> None:
        self._orders = orders
        self._products = [
            ProductView(
                product_id=one.code, title=one.title, description=one.description, category=one.category, image_url="",
                variants=tuple(
                    VariantView(
                        variant_id=kind.sku, product_id=one.code, sku=kind.sku, title=kind.title,
                        price_paise=kind.price_paise, available=kind.on_hand,
                    )
                    for kind in one.variants
                ),
            )
            for one in PRODUCTS
        ]  # fmt: skip

    def catalogue(self, limit: int = 10) -> list[ProductView]:
        return self._products[:limit]

    def search(self, text: str, limit: int = 5) -> list[ProductView]:
        """Products with one of the words in the title, those with more of them first."""
        words = set(text.lower().split())
        scores = [(len(words & set(one.title.lower().split())), one) for one in self._products]
        return [one for score, one in sorted(scores, key=lambda pair: -pair[0]) if score][:limit]

    def substitutes(self, product_id: str, limit: int = 3) -> list[ProductView]:
        return []

    def orders(self) -> list[OrderView]:
        return list(self._orders)

    def shipping_for(self, subtotal_paise: int) -> int:
        return 0 if subtotal_paise >= 500000 else 8000


def order(**changed: Any) -> OrderView:
    """An order that is on its way."""
    values = {
        "order_id": "o1", "number": "SP-1001", "state": "shipped", "payment_status": "paid", "total_paise": 307800,
        "due_paise": 0, "items": "2 × Blue block-print saree", "url": PAGE, "courier": "Delhivery",
        "tracking_number": "DL558812",
    }  # fmt: skip
    return OrderView(**{**values, **changed})


def run(name: str, orders: Sequence[OrderView] = (), **arguments: Any) -> str:
    """A tool's result."""
    call = ToolCall(id="1", name=name, arguments=json.dumps(arguments))
    return Toolbox(StubReader(orders)).run(call)  # type: ignore[arg-type]


def learnt(*results: str, asked: str = "") -> Facts:
    """The facts of a turn."""
    facts = Facts()
    facts.hear(asked)
    for one in results:
        facts.learn(one)
    return facts


SCENES = {
    "saree": (run("search_products", query="blue saree"), run("quote", sku="SAR-BLUE", quantity=2)),
    "one": (run("search_products", query="blue saree"), run("quote", sku="SAR-BLUE", quantity=1)),
    "looked": (run("search_products", query="blue saree"),),
    "kurta": (run("search_products", query="white kurta"),),
    "necklace": (run("search_products", query="pearl necklace"),),
    "jutti": (run("search_products", query="leather juttis"),),
    "small": (run("search_products", query="terracotta diyas"), run("search_products", query="ceramic mug")),
    "bangles": (run("search_products", query="brass bangles"),),
    "cushion": (run("search_products", query="cushion cover"),),
    "free": (run("search_products", query="maroon silk saree"), run("quote", sku="SAR-MAROON", quantity=2)),
    "order": (run("order_status", [order()]),),
    "waiting": (run("order_status", [order(state="placed", payment_status="unpaid", courier="", tracking_number="")]),),
    "nothing": (),
}
"""Turns of a model: what the tools returned in each."""


def facts_of(scene: str) -> Facts:
    """The facts of a turn."""
    return learnt(*SCENES[scene], asked="pink saree hai?" if scene == "looked" else "")


def sentences(name: str) -> list[tuple[str, str]]:
    """(scene, sentence) of a list in ``ai_sentences``: a sentence a line under the ``#`` line of its scene.

    ``⏎`` is a line break, ``PAGE`` the order's page, and ``\\u200b`` a character that would not be seen.
    """
    found: list[tuple[str, str]] = []
    scene = ""
    for line in (Path(__file__).parent / "ai_sentences" / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            scene = line[2:]
            continue
        shown = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), line)
        found.append((scene, shown.replace(" ⏎ ", "\n").replace("PAGE", PAGE)))
    return found


def test_what_is_learnt_has_its_kind() -> None:
    facts = learnt(run("search_products", query="blue saree"), run("quote", sku="sar-blue", quantity=2))
    blue = facts.items[0].variants["SAR-BLUE"]
    assert (facts.items[0].title, blue.price, blue.available) == ("Blue block-print saree", Decimal(1499), 9)
    (quote,) = blue.quotes
    assert (quote.quantity, quote.goods, quote.total) == (2, Decimal(2998), Decimal(3078))
    assert facts.deliveries == {Decimal(80)}
    assert facts.focus is facts.items[0]
    orders = learnt(run("order_status", [order()]))
    assert (orders.orders[0].number, orders.orders[0].total, orders.links) == ("SP-1001", Decimal(3078), {PAGE})


def test_more_pieces_than_there_are_get_no_sum() -> None:
    result = json.loads(run("quote", sku="SAR-BLUE", quantity=50))
    assert (result["available"], result["enough"]) == (9, False)
    assert not {"quantity", "goods", "total", "delivery"} & set(result)
    assert learnt(json.dumps(result)).items[0].variants["SAR-BLUE"].quotes == []


def test_a_search_that_finds_nothing_says_so() -> None:
    result = json.loads(run("search_products", query="umbrella"))
    assert (result["matched"], len(result["products"])) == (False, 4)
    assert learnt(json.dumps(result)).focus is None


@pytest.mark.parametrize(
    "arguments",
    ["", "[]", "null", "{", '{"sku": 5, "quantity": 1}', '{"sku": "SAR-BLUE", "quantity": true}',
     '{"sku": "SAR-BLUE", "quantity": 100}', '{"sku": "\\ud83d", "quantity": 1}', '{"sku": "SAR-BLUE"}', "[" * 100_000],
)  # fmt: skip
def test_bad_arguments_teach_nothing(arguments: str) -> None:
    result = Toolbox(StubReader()).run(ToolCall(id="1", name="quote", arguments=arguments))  # type: ignore[arg-type]
    assert "error" in json.loads(result)
    facts = learnt(result)
    assert (facts.tools_used, facts.items) == (0, [])


def test_no_tool_takes_money_or_people() -> None:
    names = {name for tool in TOOLS for name in tool.parameters["properties"]}
    assert names == {"query", "sku", "quantity"}


@pytest.mark.parametrize("result", ["", "not json", "[]", "5", "null", "[" * 100_000, '{"products": {"a": 1}}'])
def test_rubbish_teaches_nothing(result: str) -> None:
    facts = learnt(result)
    assert (facts.items, facts.orders, facts.links) == ([], [], set())
