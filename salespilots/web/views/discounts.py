"""Discount codes: the list, a new one, a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError, validate

from salespilots.domain.business import Permission
from salespilots.domain.discount import Discount, DiscountKind
from salespilots.domain.errors import InvalidInput
from salespilots.domain.money import rupees
from salespilots.web.context import here, services
from salespilots.web.fields import Count, Line, Rupees
from salespilots.web.filters import IST
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits

blueprint = Blueprint("discounts", __name__, url_prefix="/app/discounts")


class Day(Line):
    """A day of the calendar, as a browser sends it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date | None:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **more)
        try:
            found = date.fromisoformat(text) if text else None
            if found is not None and not 2000 <= found.year <= 2100:
                raise ValueError(text)
            return found
        except ValueError:
            raise ValidationError(_("Write a day such as 2026-11-28.")) from None


class CodeForm(Form):
    """A code as typed. Days are Indian and both included."""

    code = Line(longest=20, required=True)
    kind = Line(longest=20, required=True, validate=validate.OneOf(list(DiscountKind)))
    percent = Count(load_default=0, least=0, most=90)
    amount = Rupees(load_default=None)
    most = Rupees(load_default=None)
    min_order = Rupees(load_default=None)
    first_day = Day(load_default=None)
    last_day = Day(load_default=None)
    usage_limit = Count(load_default=None, least=1)
    per_customer = Count(load_default=None, least=1)
    active = Line(longest=1, load_default="")


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """Newest first, with how often each was used."""
    found = services().discounts.page(here().shop_id, cursor=request.args.get("before"), limit=50)
    used = services().discounts.used(here().shop_id, [one.id for one in found.items])
    rows = [_row(one, used[one.id]) for one in found.items]
    older = url_for("discounts.index", before=found.next) if found.next else None
    return page("discounts/index.html", rows=rows, older_href=older)


def _row(one: Discount, used: int) -> SimpleNamespace:
    now = services().core.clock.now()
    state = _("Off")
    if one.active:
        state = _("Ended") if one.ends_at and one.ends_at <= now else _("Works")
        state = _("Not yet") if one.starts_at and one.starts_at > now else state
    limit = "" if one.usage_limit is None else _(" of %(most)s", most=one.usage_limit)
    return SimpleNamespace(
        id=one.id, code=one.code, what=_what(one), state=state, works=one.active and state == _("Works"),
        used=_("Used %(count)s", count=used) + limit,
    )  # fmt: skip


def _what(one: Discount) -> str:
    words = {
        DiscountKind.PERCENT: _("%(percent)s %% off", percent=one.percent),
        DiscountKind.AMOUNT: _("%(amount)s off", amount=rupees(one.amount_paise)),
        DiscountKind.FREE_SHIPPING: _("Free delivery"),
    }[one.kind]
    return words + (_(" from %(least)s", least=rupees(one.min_order_paise)) if one.min_order_paise else "")


def kinds() -> list[tuple[str, str]]:
    """What a code may take off."""
    return [
        (DiscountKind.PERCENT, _("Percent off the items")),
        (DiscountKind.AMOUNT, _("An amount off the items")),
        (DiscountKind.FREE_SHIPPING, _("Free delivery")),
    ]


def _form(values: Mapping[str, Any], errors: dict[str, str], status: int = 200, discount_id: str | None = None) -> Any:
    return page("discounts/form.html", status, values=values, errors=errors, kinds=kinds(), discount_id=discount_id)


@blueprint.get("/new")
@permits(Permission.CATALOGUE)
def new() -> Any:
    """An empty form."""
    return _form({"kind": DiscountKind.PERCENT, "active": "1"}, {})


@blueprint.post("/new")
@permits(Permission.CATALOGUE)
def create() -> Any:
    """Make it."""
    return _save(None)


@blueprint.get("/<discount_id>")
@permits(Permission.CATALOGUE)
def edit(discount_id: str) -> Any:
    """One code."""
    one = services().discounts.get(here().shop_id, discount_id)
    last = one.ends_at - timedelta(days=1) if one.ends_at else None
    values = {
        "code": one.code, "kind": one.kind, "percent": one.percent or "", "amount": _plain(one.amount_paise),
        "most": _plain(one.most_paise), "min_order": _plain(one.min_order_paise), "first_day": _day(one.starts_at),
        "last_day": _day(last), "usage_limit": one.usage_limit or "", "per_customer": one.per_customer or "",
        "active": "1" if one.active else "",
    }  # fmt: skip
    return _form(values, {}, discount_id=one.id)


@blueprint.post("/<discount_id>")
@permits(Permission.CATALOGUE)
def change(discount_id: str) -> Any:
    """Change it; orders keep what they were given."""
    services().discounts.get(here().shop_id, discount_id)
    return _save(discount_id)


def _plain(paise: int | None) -> str:
    return rupees(paise).removeprefix("₹") if paise else ""


def _day(at: datetime | None) -> str:
    return at.astimezone(IST).date().isoformat() if at else ""


def _start_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), IST) if day else None


FIELDS = {"amount_paise": "amount", "ends_at": "last_day"}
"""A service's field to the form's."""


def _save(discount_id: str | None) -> Any:
    values, errors = read(CodeForm, request.form)
    if errors:
        return _form(request.form.to_dict(), errors, 422, discount_id)
    last = values["last_day"]
    kept = {
        "code": values["code"], "kind": DiscountKind(values["kind"]), "percent": values["percent"] or 0,
        "amount_paise": values["amount"] or 0, "most_paise": values["most"], "min_order_paise": values["min_order"] or 0,
        "starts_at": _start_of(values["first_day"]), "ends_at": _start_of(last + timedelta(days=1)) if last else None,
        "usage_limit": values["usage_limit"], "per_customer": values["per_customer"], "active": values["active"] == "1",
    }  # fmt: skip
    try:
        if discount_id is None:
            services().discounts.create(here().shop_id, kept)
        else:
            services().discounts.change(here().shop_id, discount_id, kept)
    except InvalidInput as error:
        first = {FIELDS.get(name, name): _(texts[0]) for name, texts in error.fields.items()}
        return _form(request.form.to_dict(), first, 422, discount_id)
    flash(_("Saved"), "ok")
    return back_to(url_for("discounts.index"))
