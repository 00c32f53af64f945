"""Money that needs eyes: claimed UPI payments, bank statements, cash of couriers, money no order explains."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import validate

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput, SalesPilotsError
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.services.direct import Brought
from salespilots.services.statement_days import DateOrder
from salespilots.web.context import here, services
from salespilots.web.errors import status_of
from salespilots.web.fields import Line
from salespilots.web.filters import now
from salespilots.web.forms import Form, read
from salespilots.web.lookups import customers
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.views.orders import REFUSALS

blueprint = Blueprint("money", __name__, url_prefix="/app/money")

LONGEST = 2 * 1024 * 1024


class ClaimForm(Form):
    """What the owner saw."""

    arrived = Line(longest=1, required=True, validate=validate.OneOf(["0", "1"]))


class MatchForm(Form):
    """Which order a line pays."""

    order_id = Line(longest=60, required=True)


@blueprint.get("")
@permits(Permission.ORDERS)
def index() -> Any:
    """Everything that waits, most urgent first."""
    return _page()


def _page(status: int = 200, text: str = "", errors: dict[str, str] | None = None) -> Any:
    shop_id = here().shop_id
    claims = services().direct.claims(shop_id)
    lines = services().direct.open_lines(shop_id)
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    cash = services().money_book.cash_up(shop_id, today, today + timedelta(days=1))
    people = customers(shop_id, [one.customer_id for _payment, one in claims] + [one.customer_id for one in cash.owed])

    def row(order: Order) -> SimpleNamespace:
        return SimpleNamespace(id=order.id, number=order.number, name=people[order.customer_id].display_name)

    return page(
        "money/index.html",
        status,
        claims=[
            SimpleNamespace(id=payment.id, order=row(order), paise=payment.amount_paise, utr=payment.provider_ref)
            for payment, order in claims
        ],
        lines=[
            SimpleNamespace(
                id=one.line.id, day=one.line.day, paise=one.line.amount_paise, utr=one.line.utr or "", text=one.line.text,
                candidates=[(order.id, order.number) for order in one.candidates],
            )
            for one in lines
        ],
        owed=[
            SimpleNamespace(
                order=row(one), paise=one.due_paise, courier=one.tracking.get("courier", ""), state=str(one.state)
            )
            for one in cash.owed
        ],
        owed_paise=cash.owed_paise,
        received_paise=cash.received_paise,
        received_count=len(cash.received),
        unmatched=services().money_book.unmatched(shop_id),
        test_modes=sorted(services().connections.tests(shop_id).values()),
        takes_upi=services().connections.find(shop_id, "upi") is not None,
        dates=request.args.get("dates", ""),
        text=text,
        errors=errors or {},
    )  # fmt: skip


@blueprint.post("/claims/<payment_id>")
@permits(Permission.ORDERS)
def decide(payment_id: str) -> Any:
    """The money of a claim is there, or it is not."""
    services().payments.get(here().shop_id, payment_id)
    values, errors = read(ClaimForm, request.form)
    if errors:
        return _page(422, errors=errors)
    arrived = values["arrived"] == "1"
    try:
        order = services().direct.decide(here().shop_id, payment_id, arrived=arrived, actor=here().user.id)
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        said = _("%(number)s is paid", number=order.number) if arrived else _("Noted: it did not arrive")
        flash(said, "ok")
    order_id = request.form.get("order", "")
    return back_to(url_for("orders.detail", order_id=order_id) if order_id else url_for("money.index"))


@blueprint.post("/statement")
@permits(Permission.ORDERS)
def statement() -> Any:
    """A statement, pasted or as a file. Whatever goes wrong, what was pasted is still there."""
    pasted, upload = request.form.get("statement", ""), request.files.get("file")
    text = _decoded(upload.read(LONGEST + 1)) if upload is not None and upload.filename else pasted
    try:
        brought = services().direct.bring_in(here().shop_id, text, actor=here().user.id)
    except InvalidInput as error:
        return _page(422, pasted, {name: _(texts[0]) for name, texts in error.fields.items()})
    except SalesPilotsError as error:
        return _page(status_of(error), pasted, {"statement": _(error.message)})
    flash(_came_of(brought), "bad" if brought.left_out or brought.unfinished else "ok")
    told = brought.dates if brought.dates is not DateOrder.DAY else None
    return back_to(url_for("money.index", dates=told))


def _came_of(brought: Brought) -> str:
    said = ngettext("%(num)d payment matched", "%(num)d payments matched", brought.matched)
    said += _(" of %(lines)s", lines=brought.lines)
    if brought.known:
        said += _(", %(known)s lines were known", known=brought.known)
    if brought.accepted:
        said += _(", %(count)s were accepted before", count=brought.accepted)
    if brought.left_out:
        said += _(". Left out: %(count)s that say DR or debit", count=brought.left_out)
    if brought.unfinished:
        said += _(". Not counted: %(count)s failed or pending", count=brought.unfinished)
    return said


def _decoded(content: bytes) -> str:
    for name in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


@blueprint.post("/lines/<line_id>")
@permits(Permission.ORDERS)
def match(line_id: str) -> Any:
    """A line pays an order."""
    services().direct.line(here().shop_id, line_id)
    values, errors = read(MatchForm, request.form)
    if errors:
        return _page(422, errors={f"line-{line_id}": errors.get("order_id", "")})
    try:
        order = services().direct.match(here().shop_id, line_id, values["order_id"], actor=here().user.id)
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("Booked for %(number)s", number=order.number), "ok")
    return back_to(url_for("money.index"))


@blueprint.post("/lines/<line_id>/ignore")
@permits(Permission.ORDERS)
def ignore(line_id: str) -> Any:
    """Money of something else."""
    services().direct.ignore(here().shop_id, line_id)
    return back_to(url_for("money.index"))


@blueprint.post("/cash")
@permits(Permission.ORDERS)
def cash() -> Any:
    """The cash of several orders came at once; each is booked by itself."""
    if not request.form.getlist("order"):
        return _page(422, errors={"order": _("Tick at least one order.")})
    done, refused, total = 0, [], 0
    orders = [services().orders.get(here().shop_id, one) for one in dict.fromkeys(request.form.getlist("order"))]
    for order in orders:
        received = {"method": "cash", "amount_paise": order.due_paise}
        if order.due_paise <= 0:
            continue
        try:
            services().orders.confirm(here().shop_id, order.id, received=received, actor=here().user.id)
        except REFUSALS as error:
            refused.append(f"{order.number}: {_(error.message)}")
        else:
            done, total = done + 1, total + received["amount_paise"]  # type: ignore[operator]
    if refused:
        flash("; ".join(refused), "bad")
    elif done:
        said = ngettext(
            "%(amount)s of one order received", "%(amount)s of %(num)d orders received", done, amount=rupees(total)
        )
        flash(said, "ok")
    else:
        flash(_("Nothing was to come on these orders: they are paid."), "ok")
    return back_to(url_for("money.index"))


@blueprint.post("/unmatched/<fact_id>")
@permits(Permission.ORDERS)
def seen(fact_id: str) -> Any:
    """A person dealt with it."""
    services().money_book.seen(here().shop_id, fact_id)
    return back_to(url_for("money.index"))
