"""The practice shop: complete goods, real pictures, and sentences a new owner tries first."""

from __future__ import annotations

import pytest
from PIL import Image

from salespilots.demo.catalogue import PICTURES, PRODUCTS
from salespilots.plugins.builtin.understanding import RulesUnderstander
from salespilots.ports.understanding import CatalogueEntry, VariantEntry

CATALOGUE = tuple(
    CatalogueEntry(
        product.code,
        product.title,
        product.category,
        product.keywords,
        product.code,
        tuple(VariantEntry(variant.sku, variant.sku, variant.title) for variant in product.variants),
    )
    for product in PRODUCTS
)
VARIANTS = [variant for product in PRODUCTS for variant in product.variants]


def understand(text: str):
    return RulesUnderstander().understand(text, CATALOGUE)


def test_twelve_products_with_their_own_codes():
    assert len(PRODUCTS) == 12
    assert len({product.title for product in PRODUCTS}) == 12
    assert len({product.code for product in PRODUCTS}) == 12
    assert len({variant.sku for variant in VARIANTS}) == len(VARIANTS)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.code)
def test_every_product_is_complete(product):
    assert product.title
    assert product.category
    assert len(product.description) > 30
    assert product.keywords
    assert len(product.hsn) in (4, 6, 8)
    assert product.hsn.isdigit()
    assert product.gst_rate in (0, 3, 5, 18)
    titles = [variant.title for variant in product.variants]
    assert titles == [""] or (all(titles) and len(set(titles)) == len(titles))
    for variant in product.variants:
        assert 0 < variant.price_paise <= variant.mrp_paise
        assert variant.price_paise % 100 == 0
        assert variant.on_hand >= 0


def test_the_everyday_cases_are_among_them():
    stock = [sum(variant.on_hand for variant in product.variants) for product in PRODUCTS]
    assert stock.count(0) == 1
    assert stock.count(2) == 1
    assert any([variant.title for variant in product.variants] == ["M", "L", "XL"] for product in PRODUCTS)
    assert any(len(product.variants) == 1 for product in PRODUCTS)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.code)
def test_picture_is_a_small_square_png_with_its_drawing(product):
    path = product.picture_path
    assert path.with_suffix(".svg").is_file()
    assert path.stat().st_size < 40_000
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (640, 640)


def test_no_picture_without_a_product():
    assert {path.name for path in PICTURES.glob("*.png")} == {product.picture for product in PRODUCTS}
    assert {path.stem for path in PICTURES.glob("*.svg")} == {path.stem for path in PICTURES.glob("*.png")}


@pytest.mark.parametrize(
    "text", ["blue saree kitna hai?", "price of the blue saree?", "नीली साड़ी कितने की है?", "neeli sadi ka rate"]
)
def test_the_price_of_the_blue_saree_is_asked_for_surely(text):
    result = understand(text)
    assert result.intent == "price_inquiry"
    assert result.confidence >= 0.5
    assert result.sure_of_product
    assert result.products[0].product_id == "BS01"


def test_two_wanted():
    result = understand("2 chahiye")
    assert (result.intent, result.quantity, result.products) == ("order_intent", 2, ())


def test_where_is_my_order():
    assert understand("mera order kaha hai?").intent == "order_status"


def test_greeting():
    assert understand("Hi").intent == "greeting"


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.code)
def test_every_product_is_found_by_its_title(product):
    result = understand(f"{product.title} available hai?")
    assert result.sure_of_product
    assert result.products[0].product_id == product.code
    assert result.intent == "availability"


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.code)
def test_every_variant_is_found_by_its_sku(product):
    for variant in product.variants:
        result = understand(f"{variant.sku} ka price")
        assert result.products[0].product_id == product.code
        assert result.products[0].variant_ids == (variant.sku,)
        assert result.sure_of_product
        assert result.quantity is None
