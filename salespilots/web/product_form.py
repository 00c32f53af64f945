"""What the product form sends: the product, its options, and a row for each variant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from flask_babel import gettext as _
from marshmallow import validate

from salespilots.domain.catalog import (
    MAX_OPTIONS,
    MAX_PRICE_PAISE,
    MAX_VARIANTS,
    choices_of,
    code_key,
    options_problem,
    title_of,
)
from salespilots.web.fields import Count, Line, Rate, Rupees, Text
from salespilots.web.forms import Form, read

ROW_FIELDS = ("id", "sku", "title", "choices", "price", "mrp", "stock")
FIELDS = ("title", "description", "category", "words", "code", "hsn", "gst_rate", "weight", "low_stock", "state")
"""What a person types about the product itself, in the order of the form."""

_ROW = re.compile(rf"^variants-([0-9]{{1,3}})-({'|'.join(ROW_FIELDS)})$")


class ProductForm(Form):
    """The product itself, without its rows."""

    title = Line(longest=120, required=True)
    description = Text(longest=1000, load_default="")
    category = Line(longest=60, load_default="")
    words = Text(longest=500, load_default="")
    code = Line(longest=20, load_default="")
    hsn = Line(
        longest=12, load_default="",
        validate=validate.Regexp(r"^([0-9]{4}|[0-9]{6}|[0-9]{8})?$", error="An HSN code has 4, 6 or 8 digits."),
    )  # fmt: skip
    gst_rate = Rate(load_default=0)
    weight = Count(load_default=None)
    low_stock = Count(load_default=None)
    state = Line(longest=10, load_default="live", validate=validate.OneOf(["live", "draft"]))
    version = Line(longest=20, load_default="")


class RowForm(Form):
    """One size or colour."""

    id = Line(longest=60, load_default="")
    sku = Line(longest=60, load_default="")
    title = Line(longest=60, load_default="")
    choices = Text(longest=500, load_default="")
    price = Rupees(required=True, most=MAX_PRICE_PAISE)
    mrp = Rupees(load_default=None, most=MAX_PRICE_PAISE)
    stock = Count(load_default=None)


@dataclass
class Typed:
    """A form as it was sent. ``rows`` and ``options`` hold the texts, ``values`` and ``variants`` what they mean."""

    fields: dict[str, str]
    options: list[dict[str, str]]
    rows: list[dict[str, str]]
    substitutes: list[str]
    add_substitute: str = ""
    version: str = ""
    base: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    variants: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """The options with their values apart, empty ones left out."""
        found = []
        for one in self.options:
            values = [value.strip()[:60] for value in re.split(r"[,\n]", one["values"]) if value.strip()]
            if one["name"].strip() or values:
                found.append({"name": " ".join(one["name"].split())[:40], "values": values})
        return found

    def lay_out(self) -> bool:
        """Make a row for each combination of the options, keeping what was typed in rows that stay. Tells whether
        the rows changed; what is wrong with the options goes to ``errors``."""
        wanted = self.wanted
        problem = options_problem(wanted)
        many = prod(len(option["values"]) for option in wanted)
        if not problem and many > MAX_VARIANTS:
            problem = _("That makes %(count)s kinds. At most %(most)s.", count=many, most=MAX_VARIANTS)
        if problem:
            self.errors["option-0-values"] = _(problem)
            return False
        combinations = choices_of(wanted)
        present = [read_choices(row.get("choices", "")) for row in self.rows]
        if present == combinations or (not wanted and not any(present)):
            return False
        if not wanted:
            for row in self.rows:
                row["choices"] = ""
            return True
        by_choices = {tuple(choices): row for choices, row in zip(present, self.rows, strict=True) if choices}
        loose = [row for choices, row in zip(present, self.rows, strict=True) if len(choices) != len(wanted)]
        like = next((row for row in self.rows if row.get("price")), {})
        rows = []
        for choices in combinations:
            row = by_choices.get(tuple(choices)) or next((one for one in loose if fits(one, choices, loose)), {})
            if not row:
                row = {"price": like.get("price", ""), "mrp": like.get("mrp", "")}
            elif row in loose:
                loose.remove(row)
            rows.append({**row, "choices": json.dumps(choices), "title": title_of(choices)})
        self.rows = rows
        return True


def fits(row: Mapping[str, str], choices: Sequence[str], loose: Sequence[Mapping[str, str]]) -> bool:
    """Whether a row without these choices goes on as them: the one row of a simple product, one of the same name, or
    one that had all its choices among them."""
    had = read_choices(row.get("choices", ""))
    if had:
        return set(had) <= set(choices)
    title = row.get("title", "").strip().casefold()
    return title in {one.casefold() for one in choices} if title else len(loose) == 1


def read_choices(text: str) -> list[str]:
    """The choices of a row's hidden field; none for anything else."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) and len(found) <= MAX_OPTIONS else []


def typed(form: Any) -> Typed:
    """Everything that was sent, read and checked."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        match = _ROW.match(name)
        if match and int(match.group(1)) <= MAX_VARIANTS:
            rows.setdefault(int(match.group(1)), {})[match.group(2)] = value
    sent = Typed(
        fields={name: form.get(name, "") for name in FIELDS},
        options=[
            {"name": form.get(f"option-{index}-name", ""), "values": form.get(f"option-{index}-values", "")}
            for index in range(MAX_OPTIONS)
        ],
        rows=[rows[index] for index in sorted(rows)],
        substitutes=list(dict.fromkeys(form.getlist("substitutes"))),
        add_substitute=form.get("add_substitute", ""),
        version=form.get("version", ""),
        base=_base(form.get("base", "")),
    )
    sent.values, sent.errors = read(ProductForm, form.to_dict())
    return sent


def _base(text: str) -> dict[str, str]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def check(sent: Typed) -> None:
    """Read the rows into ``variants``; what is wrong with them, and with the code, goes to ``errors``. A new row in
    which nothing was typed is left out."""
    code = sent.values.get("code") or ""
    plain = code_key(code)
    if code and (plain.isdigit() or not any(one.isdigit() for one in plain)):
        sent.errors["code"] = _("Use letters and a number, like K12.")
    blank_names = ("id", "sku", "title", "price", "mrp", "stock")
    for index, row in enumerate(sent.rows):
        if not any(row.get(name, "").strip() for name in blank_names) and len(sent.rows) > 1:
            continue
        loaded, problems = read(RowForm, row)
        for name, text in problems.items():
            sent.errors[f"variants-{index}-{name}"] = text
        price, mrp = loaded.get("price"), loaded.get("mrp")
        if mrp is not None and price is not None and mrp < price:
            sent.errors[f"variants-{index}-mrp"] = _("The MRP is not below the price.")
        loaded["choices"] = read_choices(row.get("choices", ""))
        sent.variants.append({**loaded, "row": index})
    if not sent.variants:
        sent.errors["variants-0-price"] = _("Write an amount like 1,299 or 1,299.50.")
    seen: dict[str, int] = {}
    for one in sent.variants:
        sku = one.get("sku")
        if sku and sku in seen:
            sent.errors[f"variants-{one['row']}-sku"] = _("Two lines have this SKU.")
        seen[sku or ""] = one["row"]
