"""Customers: the list, one profile, tags, the team's note."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.services.customers import SEGMENTS
from salespilots.web.context import here, services
from salespilots.web.forms import NoteForm, TagForm, query_text, read
from salespilots.web.lookups import order_rows
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import inbox as present
from salespilots.web.presenters.runs import run_state
from salespilots.web.shell import remember_position

blueprint = Blueprint("customers", __name__, url_prefix="/app/customers")
blueprint.before_request(remember_position)

MOST_TAGS = 30


@blueprint.get("")
@permits(Permission.INBOX)
def index() -> Any:
    """Everyone who wrote, newest first."""
    shop_id, q = here().shop_id, query_text(request.args.get("q"))
    segment, cursor = request.args.get("segment", ""), request.args.get("after")
    segment = segment if segment in SEGMENTS else ""
    found = services().customers.page(shop_id, q=q, segment=segment, cursor=cursor, limit=40)
    counts = services().customers.counts(shop_id)
    keep: dict[str, Any] = {"segment": segment or None, "q": q or None}
    chips = (
        ("", _("All"), counts["all"]), ("buyers", _("Buyers"), counts["buyers"]), ("repeat", _("Came back"), counts["repeat"]),
        ("new", _("No order yet"), counts["new"]), ("practice", _("Practice"), counts["practice"]),
    )  # fmt: skip
    return page(
        "customers/index.html",
        filters=[
            SimpleNamespace(
                label=label,
                on=key == segment,
                count=count,
                href=url_for("customers.index", segment=key or None, q=q or None),
            )
            for key, label, count in chips
        ],
        q=q,
        ever=bool(counts["all"]),
        customers=[_row(one) for one in found.items],
        older_href=url_for("customers.index", **keep, after=found.next) if found.next else None,
        newer_href=url_for("customers.index", **keep) if cursor else None,
    )


def _row(customer: Any) -> SimpleNamespace:
    count = customer.orders_count
    return SimpleNamespace(
        id=customer.id,
        name=customer.display_name,
        picture=present.face(customer),
        handle=present.handle(customer),
        source=customer.channel,
        orders_label=ngettext("%(num)d order", "%(num)d orders", count) if count else _("No orders yet"),
        spent_paise=customer.spent_paise,
        last_seen_at=customer.last_seen_at or customer.created_at,
        practice=customer.practice,
    )


@blueprint.get("/<customer_id>")
@permits(Permission.INBOX)
def detail(customer_id: str) -> Any:
    """One customer."""
    return _detail(customer_id)


def _detail(customer_id: str, status: int = 200, *, note: str | None = None, note_error: str | None = None) -> Any:
    shop_id = here().shop_id
    found = services().customers.get(shop_id, customer_id)
    shown = present.panel(found)
    shown.since, shown.opted_out, shown.fields = found.created_at, found.opted_out, found.fields
    shown.addresses = [shown.address_lines] if shown.address_lines else []
    shown.note = found.note if note is None else note
    chats = services().conversations.of_customer(shop_id, customer_id)
    return page(
        "customers/detail.html",
        status,
        customer=shown,
        orders=order_rows(services().orders.page(shop_id, customer_id=customer_id, limit=30).items),
        chats=[
            SimpleNamespace(
                id=one.id, preview=one.preview or _("Picture"), at=one.last_message_at, status=present.status(one)
            )
            for one in chats
        ],
        runs=_runs(customer_id),
        note_error=note_error,
    )


def _runs(customer_id: str) -> list[SimpleNamespace]:
    """What workflows did for them, for who may see that."""
    if not here().may(Permission.CATALOGUE):
        return []
    return [
        SimpleNamespace(
            id=run.id, workflow_id=run.workflow_id, name=name, at=run.created_at, state=run_state(run),
            why=str(run.data.get("trigger") or ""),
        )
        for run, name in services().run_log.of_customer(here().shop_id, customer_id)
    ]  # fmt: skip


def _back(customer_id: str) -> Any:
    """To the page that showed the tags: the profile or the chat beside it."""
    wanted = request.form.get("next", "")
    local = wanted.startswith("/app/") and not any(one in wanted for one in ("\\", "//", "\r", "\n"))
    return back_to(wanted if local else url_for("customers.detail", customer_id=customer_id))


@blueprint.post("/<customer_id>/note")
@permits(Permission.INBOX)
def note(customer_id: str) -> Any:
    """For the team only."""
    values, errors = read(NoteForm, request.form)
    if errors:
        return _detail(customer_id, 422, note=request.form.get("note", "")[:5000], note_error=errors["note"])
    services().customers.update(here().shop_id, customer_id, {"note": values["note"]}, actor=here().user.id)
    flash(_("Note saved"), "ok")
    return back_to(url_for("customers.detail", customer_id=customer_id))


@blueprint.post("/<customer_id>/tags")
@permits(Permission.INBOX)
def add_tag(customer_id: str) -> Any:
    """One more."""
    values, errors = read(TagForm, request.form)
    count = len(services().customers.get(here().shop_id, customer_id).tags)
    if errors or count >= MOST_TAGS:
        flash(next(iter(errors.values()), _("That is a lot of tags. Remove one first.")), "bad")
        return _back(customer_id)
    services().customers.add_tag(here().shop_id, customer_id, values["label"], actor=here().user.id)
    return _back(customer_id)


@blueprint.post("/<customer_id>/tags/<int:place>/remove")
@permits(Permission.INBOX)
def remove_tag(customer_id: str, place: int) -> Any:
    """One less."""
    tags = services().customers.get(here().shop_id, customer_id).tags
    if place >= len(tags):
        raise NotFound("There is no such tag.")
    services().customers.remove_tag(here().shop_id, customer_id, tags[place], actor=here().user.id)
    return _back(customer_id)
