"""What the columns of a file mean, and what a row says."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from salespilots.domain.catalog import MAX_PRICE_PAISE, ProductState, code_key
from salespilots.domain.gst_rates import rate_fields, read_rate
from salespilots.domain.money import parse_rupees
from salespilots.ports.storage import storable

HEADINGS: dict[str, str] = {
    "handle": "Product",
    "title": "Name",
    "sku": "SKU",
    "option1_name": "Option 1 name", "option1": "Option 1",
    "option2_name": "Option 2 name", "option2": "Option 2",
    "option3_name": "Option 3 name", "option3": "Option 3",
    "price": "Price", "mrp": "MRP", "stock": "Stock",
    "category": "Category", "description": "Description", "keywords": "Words customers use", "code": "Code",
    "hsn": "HSN", "gst_rate": "GST %", "weight_grams": "Weight (g)", "low_stock": "Low stock from", "state": "Status",
}  # fmt: skip
"""Field to the heading under which it is written out. The order is that of the file."""

_OTHERS: dict[str, str] = {
    "handle": "handle|slug|parent|group|product id|product|उत्पाद कोड",
    "title": "name|title|product name|product title|item|item name|naam|नाम|उत्पाद|सामान",
    "sku": "sku|variant sku|item code|article|article number|product code|barcode|एसकेयू",
    "option1_name": "option 1 name|option1 name|attribute 1 name",
    "option1": "option 1|option1|option1 value|option 1 value|attribute 1 value s|size|saiz|साइज|साइज़|आकार",
    "option2_name": "option 2 name|option2 name|attribute 2 name",
    "option2": "option 2|option2|option2 value|option 2 value|attribute 2 value s|colour|color|rang|रंग",
    "option3_name": "option 3 name|option3 name|attribute 3 name",
    "option3": "option 3|option3|option3 value|option 3 value|attribute 3 value s|material|कपड़ा",
    "price": "price|variant price|sale price|selling price|rate|daam|keemat|दाम|कीमत|मूल्य|price inr|price rs",
    "mrp": "mrp|compare at price|variant compare at price|list price|एमआरपी|regular price",
    "stock": "stock|quantity|qty|in stock|on hand|variant inventory qty|inventory|available|स्टॉक|मात्रा",
    "category": "category|categories|product category|type|product type|collection|श्रेणी|वर्ग",
    "description": "description|body html|body|short description|details|विवरण",
    "keywords": "words customers use|keywords|tags|शब्द",
    "code": "code|short code|dm code|कोड",
    "hsn": "hsn|hsn code|hsn sac|एचएसएन",
    "gst_rate": "gst|gst rate|tax|tax rate|gst percent|जीएसटी",
    "weight_grams": "weight g|weight|weight grams|variant grams|grams|वजन|वज़न",
    "low_stock": "low stock from|low stock|low stock amount|reorder level",
    "state": "status|state|published|स्थिति",
}  # fmt: skip

PRODUCT_FIELDS = (
    "title", "description", "category", "keywords", "code", "hsn", "gst_rate", "gst_hundredths", "weight_grams",
    "low_stock", "state",
)  # fmt: skip
_LONGEST = {"title": 120, "description": 10_000, "category": 60, "sku": 60, "handle": 200, "code": 20}
_TAG = re.compile(r"<[^>]{0,2000}>")
_WHOLE = re.compile(r"^([0-9]{1,9})(?:\.0+)?$")
_WEIGHT = re.compile(r"^([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*(g|gm|gms|gram|grams|kg|kgs)?$", re.IGNORECASE)
_HSN = re.compile(r"^([0-9]{4}|[0-9]{6}|[0-9]{8})$")
_STATES = {
    **dict.fromkeys(("live", "active", "published", "yes", "true", "1", "on sale", "publish"), ProductState.LIVE),
    **dict.fromkeys(("draft", "no", "false", "0", "-1", "inactive", "private", "unpublished"), ProductState.DRAFT),
    "archived": ProductState.ARCHIVED,
}  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def plain(heading: str) -> str:
    """A heading as it is compared: letters and digits of any script."""
    kept = (one if one.isalnum() or unicodedata.category(one).startswith("M") else " " for one in heading.casefold())
    return " ".join("".join(kept).split())


def guess(headings: Sequence[str]) -> dict[str, int]:
    """Field to the place of the column that seems to hold it; each column once."""
    names = [plain(one) for one in headings]
    found: dict[str, int] = {}
    for name, words in _OTHERS.items():
        for word in [plain(HEADINGS[name]), *words.split("|")]:
            if word in names and names.index(word) not in found.values():
                found[name] = names.index(word)
                break
    if (
        "regular price" in names and "sale price" not in names
    ):  # WooCommerce without sales: the price is the regular one
        found["price"] = found.pop("mrp", names.index("regular price"))
    return found


@dataclass
class Said:
    """What a row says: ``values`` of the fields that are not blank, and what cannot be read, by field."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Name and value of each option that has one."""
        names = {1: "Size", 2: "Colour", 3: "Material"}
        return [
            (self.values.get(f"option{n}_name") or names[n], self.values[f"option{n}"])
            for n in names
            if self.values.get(f"option{n}")
        ]

    @property
    def group(self) -> str:
        """What rows of one product have in common; empty for a product by itself."""
        if self.values.get("handle"):
            return f"h:{self.values['handle']}"
        return f"t:{self.values['title'].casefold()}" if self.values.get("title") and self.options else ""


def read_row(cells: Sequence[str], columns: Mapping[str, int]) -> Said:
    """What the cells say under these columns."""
    said = Said()
    for name in HEADINGS:
        place = columns.get(name)
        text = cells[place] if place is not None and place < len(cells) else ""
        if text.startswith("'") and text[1:2] in FORMULA:
            text = text[1:]
        if not text:
            continue
        try:
            if name == "gst_rate":
                said.values |= rate_fields(read_rate(text))
            else:
                said.values[name] = _read(name, text)
        except ValueError as error:
            said.problems[name] = str(error)
    if said.values.get("option1") == "Default Title":  # how Shopify writes a product without options
        said.values.pop("option1")
    price, mrp = said.values.get("price"), said.values.get("mrp")
    if price is not None and mrp is not None and mrp < price:
        said.problems["mrp"] = "The MRP is not below the price."
    return said


def _read(name: str, text: str) -> Any:
    if not storable(text):
        raise ValueError("This text has a character that cannot be stored.")
    if name in ("price", "mrp"):
        return _paise(text)
    if name in ("stock", "low_stock"):
        return _whole(text, 1_000_000)
    if name == "weight_grams":
        return _grams(text)
    if name == "state":
        found = _STATES.get(text.casefold())
        if found is None:
            raise ValueError("Write live, draft or archived.")
        return str(found)
    if name == "keywords":
        words = [" ".join(one.split())[:60] for one in text.split(",")]
        return list(dict.fromkeys(one for one in words if one))[:40]
    if name == "hsn" and not _HSN.match(text):
        raise ValueError("An HSN code has 4, 6 or 8 digits.")
    if name == "description":
        text = html.unescape(_TAG.sub(" ", text)) if "<" in text else text
        text = "\n".join(" ".join(one.split()) for one in text.split("\n")).strip()
    else:
        text = " ".join(text.split())
    longest = _LONGEST.get(name, 60)
    if len(text) > longest:
        raise ValueError(f"At most {longest} characters.")
    if name == "code" and (code_key(text).isdigit() or not any(one.isdigit() for one in text)):
        raise ValueError("Use letters and a number, like K12.")
    return text


def _paise(text: str) -> int:
    paise = parse_rupees(text)
    if paise < 0:
        raise ValueError("This amount is too small.")
    if paise > MAX_PRICE_PAISE:
        raise ValueError("That amount is too large.")
    return paise


def _whole(text: str, most: int) -> int:
    match = _WHOLE.match(text.replace(",", "").strip())
    if not match:
        raise ValueError("Write a whole number.")
    if int(match.group(1)) > most:
        raise ValueError(f"At most {most}.")
    return int(match.group(1))


def _grams(text: str) -> int:
    match = _WEIGHT.match(text.replace(",", ""))
    if not match:
        raise ValueError("Write the weight in grams.")
    grams = round(float(match.group(1)) * (1000 if (match.group(2) or "g").lower().startswith("k") else 1))
    if grams > 1_000_000:
        raise ValueError("At most 1000000.")
    return grams
