"""Rules of selling: where parcels go and for how much, cash on delivery, what is given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError

from salespilots.domain.business import Business, Permission
from salespilots.domain.delivery import read_pincodes
from salespilots.domain.money import rupees
from salespilots.web.context import here, services
from salespilots.web.fields import Count, Line, Rupees, Text
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits

blueprint = Blueprint("selling", __name__, url_prefix="/app/settings/selling")

MOST_ZONES = 20


class Pincodes(Text):
    """Pincodes, beginnings of them and ranges, apart by commas or lines."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[str]:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **more)
        try:
            return read_pincodes(text)
        except ValueError as error:
            raise ValidationError(_(str(error))) from None


class ZoneForm(Form):
    """One zone."""

    name = Line(longest=60, required=True)
    pincodes = Pincodes(longest=4000, required=True)
    charge = Rupees(required=True, most=10_000_000)
    free_from = Rupees(load_default=None)


class RulesForm(Form):
    """Everything but the zones."""

    elsewhere = Line(longest=1, load_default="")
    min_order = Rupees(load_default=None)
    cod = Line(longest=1, load_default="")
    cod_fee = Rupees(load_default=None, most=10_000_000)
    cod_min = Rupees(load_default=None)
    cod_max = Rupees(load_default=None)
    cod_advance = Rupees(load_default=None)
    cod_not_to = Pincodes(longest=4000, load_default=list)
    cod_not_categories = Line(longest=400, load_default="")
    cod_refused = Count(load_default=None, least=1, most=20)
    prepaid_benefit = Rupees(load_default=None, most=10_000_000)
    refund_shipping = Line(longest=1, load_default="")
    refund_cod_fee = Line(longest=1, load_default="")
    remind_minutes = Count(load_default=0, least=0, most=600)


@blueprint.get("")
@permits(Permission.SHOP_ADMIN)
def index() -> Any:
    """The rules as they are."""
    shop = here().shop
    return _page(_values(shop), _zones(shop), {})


def _page(values: Mapping[str, Any], zones: list[dict[str, str]], errors: dict[str, str], status: int = 200) -> Any:
    blank = {"name": "", "pincodes": "", "charge": "", "free_from": ""}
    shown = [*zones, blank] if len(zones) < MOST_ZONES else zones
    return page("settings/selling.html", status, values=values, zones=shown, errors=errors)


def _plain(paise: int | None) -> str:
    return "" if not paise else rupees(paise).removeprefix("₹")


def _values(shop: Business) -> dict[str, Any]:
    cod = shop.cash_rules
    return {
        "elsewhere": shop.deliveries.elsewhere, "min_order": _plain(shop.min_order_paise), "cod": cod.offered,
        "cod_fee": _plain(cod.fee_paise), "cod_min": _plain(cod.min_paise), "cod_max": _plain(cod.max_paise),
        "cod_advance": _plain(cod.advance_paise), "cod_not_to": ", ".join(cod.not_to),
        "cod_not_categories": ", ".join(cod.not_categories), "cod_refused": cod.refused_limit or "",
        "prepaid_benefit": _plain(shop.prepaid_benefit_paise), "remind_minutes": shop.remind_minutes,
        "refund_shipping": bool(shop.refund_rules.get("shipping")),
        "refund_cod_fee": bool(shop.refund_rules.get("cod_fee")),
    }  # fmt: skip


def _zones(shop: Business) -> list[dict[str, str]]:
    return [
        {
            "name": one.name, "pincodes": ", ".join(one.pincodes), "charge": rupees(one.paise).removeprefix("₹"),
            "free_from": _plain(one.free_from_paise),
        }
        for one in shop.deliveries.zones
    ]  # fmt: skip


def _typed_zones(form: Mapping[str, str]) -> list[dict[str, str]]:
    """The zones as they were typed; one without name and pincodes is left out."""
    typed = []
    for place in range(MOST_ZONES + 1):
        one = {name: form.get(f"zone-{place}-{name}", "") for name in ("name", "pincodes", "charge", "free_from")}
        if one["name"].strip() or one["pincodes"].strip():
            typed.append(one)
    return typed[:MOST_ZONES]


@blueprint.post("")
@permits(Permission.SHOP_ADMIN)
def save() -> Any:
    """Keep them; orders that stand already keep what they were promised."""
    values, errors = read(RulesForm, request.form)
    typed, zones = _typed_zones(request.form), []
    for place, one in enumerate(typed):
        zone, problems = read(ZoneForm, one)
        errors |= {f"zone-{place}-{name}": text for name, text in problems.items()}
        if not problems:
            zones.append({
                "name": zone["name"], "pincodes": zone["pincodes"], "paise": zone["charge"],
                "free_from_paise": zone["free_from"],
            })  # fmt: skip
    least, most = values.get("cod_min"), values.get("cod_max")
    if least is not None and most is not None and most < least:
        errors["cod_max"] = _("More than the smallest amount.")
    if errors:
        return _page(request.form.to_dict(), typed, errors, 422)
    services().shops.update(
        here().shop_id,
        {
            "delivery": {"zones": zones, "elsewhere": values["elsewhere"] == "1"},
            "min_order_paise": values["min_order"] or 0,
            "cod": {
                "offered": values["cod"] == "1", "fee_paise": values["cod_fee"] or 0, "min_paise": least,
                "max_paise": most, "advance_paise": values["cod_advance"] or 0, "not_to": values["cod_not_to"],
                "not_categories": [one.strip() for one in values["cod_not_categories"].split(",") if one.strip()],
                "refused_limit": values["cod_refused"],
            },
            "prepaid_benefit_paise": values["prepaid_benefit"] or 0,
            "remind_minutes": values["remind_minutes"] or 0,
            "refund_rules": {"shipping": values["refund_shipping"] == "1", "cod_fee": values["refund_cod_fee"] == "1"},
        },
    )  # fmt: skip
    flash(_("Saved"), "ok")
    return back_to(url_for("selling.index"))
