"""The product form: what is stored or was typed, and what somebody else changed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.catalog import MAX_OPTIONS
from salespilots.domain.gst_rates import rate_text, read_rate
from salespilots.domain.money import rupees
from salespilots.services.catalog import ProductDetail
from salespilots.web.product_form import FIELDS, ROW_FIELDS, Typed

GST_RATES = (0, 10, 25, 150, 300, 500, 1200, 1800, 2800, 4000)
"""In basis points: what is usual in India."""


def plain(paise: int | None) -> str:
    """An amount as it is typed: 1,299.00."""
    return "" if paise is None else rupees(paise).replace("₹", "")


def number(value: int | None) -> str:
    """A count as it is typed."""
    return "" if value is None else str(value)


def rates(typed: str) -> list[tuple[str, str]]:
    """The tax rates to choose from, with the one that was typed or stored."""
    try:
        own = read_rate(typed)
    except ValueError:
        own = 0
    return [(rate_text(one), f"{rate_text(one)}%") for one in sorted({*GST_RATES, own})]


def stored(detail: ProductDetail | None) -> Typed:
    """What is stored, as if it had just been typed; a new product is one empty row."""
    if detail is None:
        fields = {**dict.fromkeys(FIELDS, ""), "state": "live", "gst_rate": "0"}
        return Typed(fields=fields, options=_options([]), rows=[dict.fromkeys(ROW_FIELDS, "")], substitutes=[])
    product = detail.product
    fields = {
        "title": product.title, "description": product.description, "category": product.category,
        "words": ", ".join(product.keywords), "code": product.code, "hsn": product.hsn,
        "gst_rate": rate_text(product.gst_basis_points), "weight": number(product.weight_grams or None),
        "low_stock": number(product.low_stock), "state": str(product.state),
    }  # fmt: skip
    rows = [
        {
            "id": one.id, "sku": one.sku, "title": one.title,
            "choices": json.dumps(one.choices) if one.choices else "", "price": plain(one.price_paise),
            "mrp": plain(one.mrp_paise), "stock": "",
        }
        for one in detail.variants
    ]  # fmt: skip
    return Typed(
        fields=fields, options=_options(product.options), rows=rows, substitutes=list(product.substitutes),
        version=str(product.version),
    )  # fmt: skip


def _options(options: list[dict]) -> list[dict[str, str]]:
    shown = [{"name": one["name"], "values": ", ".join(one["values"])} for one in options]
    return [*shown, *({"name": "", "values": ""} for _each in range(MAX_OPTIONS - len(shown)))]


def shown(sent: Typed, detail: ProductDetail | None) -> SimpleNamespace:
    """The values of the form's fields."""
    levels = detail.levels if detail else {}
    rows = []
    for row in sent.rows:
        level = levels.get(row.get("id", ""))
        rows.append(
            SimpleNamespace(
                **{name: row.get(name, "") for name in ROW_FIELDS},
                on_hand=level.on_hand if level else 0, reserved=level.reserved if level else 0,
                available=level.available if level else 0,
            )
        )  # fmt: skip
    return SimpleNamespace(
        **sent.fields, variants=rows, options=sent.options, optioned=bool(sent.wanted), substitutes=sent.substitutes,
        add_substitute=sent.add_substitute,
    )  # fmt: skip


def labels(sent: Typed) -> dict[str, str]:
    """What the fields of this form are called, where their names do not say it: for the list of what to mend."""
    found = {"code": _("Short code"), "state": _("Who sees it")}
    for index in range(len(sent.options)):
        found[f"option-{index}-name"] = _("Option %(number)s", number=index + 1)
        found[f"option-{index}-values"] = _("Values of option %(number)s", number=index + 1)
    words = {
        "title": _("Size or colour"), "sku": _("SKU"), "price": _("Price"), "mrp": _("MRP"), "stock": _("Stock"),
    }  # fmt: skip
    for index, row in enumerate(sent.rows):
        which = row.get("title", "").strip() or _("kind %(number)s", number=index + 1)
        for name, label in words.items():
            found[f"variants-{index}-{name}"] = f"{label}, {which}" if len(sent.rows) > 1 else label
    return found


def flat(sent: Typed) -> dict[str, str]:
    """Every text of a form under a name of its own, rows by their variant: what two people's forms are compared by."""
    found = {name: _tidy(text) for name, text in sent.fields.items()}
    for index, option in enumerate(sent.options):
        found[f"option-{index}-name"] = _tidy(option["name"])
        found[f"option-{index}-values"] = _tidy(option["values"])
    found["substitutes"] = ",".join(sent.substitutes)
    for row in sent.rows:
        if row.get("id"):
            for name in ("sku", "title", "price", "mrp"):
                found[f"{row['id']}:{name}"] = _tidy(row.get(name, ""))
    return found


def _tidy(text: str) -> str:
    return " ".join(text.replace("\r", "").split())


def base(detail: ProductDetail | None) -> str:
    """What the form was filled with, for the comparison when somebody else saves first."""
    return json.dumps(flat(stored(detail)), ensure_ascii=False) if detail else ""


def kept_base(sent: Typed) -> str:
    """The same, for a form that comes back."""
    return json.dumps(sent.base, ensure_ascii=False) if sent.base else ""


def merge(sent: Typed, detail: ProductDetail) -> list[SimpleNamespace]:
    """Put into a late form what the other person changed and this one did not touch; give every difference: what it is
    about, what the other person wrote, what this one did (None where theirs is taken over)."""
    theirs, mine = stored(detail), flat(sent)
    now = flat(theirs)
    rows = {row["id"]: row for row in sent.rows if row.get("id")}
    differences = []
    for name, value in now.items():
        before, typed_value = sent.base.get(name, value), mine.get(name, "")
        if value in (before, typed_value):
            continue
        taken = typed_value == before and (":" not in name or name.partition(":")[0] in rows)
        if taken:
            _take(sent, theirs, rows, name)
        differences.append(
            SimpleNamespace(
                about=_about(name, theirs), theirs=value or _("nothing"), mine=None if taken else typed_value
            )
        )
    gone = [row for row in sent.rows if row.get("id") and row["id"] not in {one["id"] for one in theirs.rows}]
    for row in gone:
        differences.append(SimpleNamespace(about=row.get("title") or row.get("sku"), theirs=_("taken away"), mine=None))
        sent.rows.remove(row)
    known = {row.get("id") for row in sent.rows} | {name.partition(":")[0] for name in sent.base if ":" in name}
    for row in theirs.rows:
        if row["id"] not in known:
            sent.rows.append(row)
            differences.append(SimpleNamespace(about=row["title"] or row["sku"], theirs=_("added"), mine=None))
    return differences


def _take(sent: Typed, theirs: Typed, rows: Mapping[str, dict[str, str]], name: str) -> None:
    if ":" in name:
        variant_id, _colon, part = name.partition(":")
        rows[variant_id][part] = next(row[part] for row in theirs.rows if row["id"] == variant_id)
    elif name.startswith("option-"):
        _word, index, part = name.split("-")
        sent.options[int(index)][part] = theirs.options[int(index)][part]
    elif name == "substitutes":
        sent.substitutes = list(theirs.substitutes)
    else:
        sent.fields[name] = theirs.fields[name]


def _about(name: str, theirs: Typed) -> str:
    words: dict[str, Any] = {
        "title": _("Name"), "description": _("Description"), "category": _("Category"), "code": _("Code"),
        "words": _("Words customers use for it"), "hsn": _("HSN code"), "gst_rate": _("GST"), "weight": _("Weight"),
        "low_stock": _("Low stock"), "state": _("Who sees it"), "substitutes": _("Offer instead"),
        "sku": _("SKU"), "price": _("Price"), "mrp": _("MRP"),
    }  # fmt: skip
    if ":" in name:
        variant_id, _colon, part = name.partition(":")
        row = next(row for row in theirs.rows if row["id"] == variant_id)
        label = words.get(part, _("Size or colour"))
        return f"{label}, {row['title']}" if row["title"] and len(theirs.rows) > 1 else label
    return words.get(name, _("Options"))


def taken_sku_row(sent: Typed, sku: str) -> str:
    """The field of the row whose SKU is taken."""
    index = next((one["row"] for one in sent.variants if one.get("sku") == sku), 0)
    return f"variants-{index}-sku"
