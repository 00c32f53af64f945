"""The chat simulator: play a customer, watch what the shop does."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.conversation import Conversation, Direction
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.services.practice import PERSONAS, Persona
from salespilots.web.context import here, services
from salespilots.web.forms import SayForm, read
from salespilots.web.lookups import order_rows
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import chat, inbox, runs
from salespilots.web.shell import remember_position

blueprint = Blueprint("simulator", __name__, url_prefix="/app/simulator")
blueprint.before_request(remember_position)

LATEST_RUNS = 2
NEWEST_LINES = 9
ARRIVES, ANSWERED = 1.5, 2.5
"""Seconds that a POST waits for its own message to be there, and without scripts for the answer too."""


def _persona(key: str) -> Persona:
    for one in PERSONAS:
        if one.key == key:
            return one
    raise NotFound("There is no such practice customer.")


def _ref(persona: Persona) -> str:
    return f"sim-{persona.key}"


@blueprint.get("")
@permits(Permission.INBOX)
def index() -> Any:
    """The first persona."""
    return chat_page(PERSONAS[0].key)


@blueprint.get("/<persona>", endpoint="chat")
@permits(Permission.INBOX)
def chat_page(persona: str) -> Any:
    """One persona's phone beside the shop's side."""
    played = _persona(persona)
    shop_id, practice = here().shop_id, services().practice
    conversation = practice.conversation(shop_id, _ref(played))
    orders = _orders(conversation)
    return page(
        "simulator/chat.html",
        persona=played,
        personas=[
            SimpleNamespace(
                key=one.key, name=one.name, note=_(one.note), href=url_for("simulator.chat", persona=one.key),
                on=one.key == played.key,
            )
            for one in PERSONAS
        ],
        side="shop" if request.args.get("side") == "shop" else "customer",
        openers=played.openers,
        messages=chat.phone(practice.messages(shop_id, _ref(played)), orders=orders),
        trace=_trace(conversation),
        seen=_seen(conversation, orders),
        next_hint=_hint(conversation, orders),
    )  # fmt: skip


@blueprint.post("/<persona>/send")
@permits(Permission.INBOX)
def send(persona: str) -> Any:
    """Say a line or tap a button."""
    played = _persona(persona)
    values, errors = read(SayForm, request.form)
    before, _answered = _newest(played)
    if errors:
        flash(next(iter(errors.values())), "bad")
        return back_to(url_for("simulator.chat", persona=persona))
    try:
        services().practice.say(
            here().shop_id, _ref(played), values["title"] or values["text"], payload=values["payload"], name=played.name
        )
    except InvalidInput as error:
        flash(next(iter(error.fields.values()))[0], "bad")
        return back_to(url_for("simulator.chat", persona=persona))
    _wait(played, before)
    return back_to(url_for("simulator.chat", persona=persona, _anchor="newest"))


@blueprint.post("/<persona>/reset")
@permits(Permission.INBOX)
def reset(persona: str) -> Any:
    """The shop forgets where it was with this persona."""
    played = _persona(persona)
    services().practice.start_again(here().shop_id, _ref(played))
    flash(_("%(name)s starts again. Older messages stay above.", name=played.name), "ok")
    return back_to(url_for("simulator.chat", persona=persona))


def _newest(played: Persona) -> tuple[str, bool]:
    """(id of the customer's newest line, whether something that reached them came after it)."""
    newest, answered = "", False
    for one in services().practice.messages(here().shop_id, _ref(played), 20):
        if one.direction is Direction.IN:
            newest, answered = one.id, False
        else:
            answered = one.state in chat.ARRIVED
    return newest, answered


def _wait(played: Persona, before: str) -> None:
    """Let the worker take the message in, so that the page that follows shows it."""
    plain = "X-Partial" not in request.headers
    until = time.monotonic() + (ANSWERED if plain else ARRIVES)
    while time.monotonic() < until:
        newest, answered = _newest(played)
        if newest != before and (answered or not plain):
            return
        time.sleep(0.05)


def _orders(conversation: Conversation | None) -> list[Order]:
    if conversation is None:
        return []
    return services().orders.page(here().shop_id, customer_id=conversation.customer_id, limit=20).items


def _trace(conversation: Conversation | None) -> list[SimpleNamespace]:
    if conversation is None:
        return []
    shop_id, actions = here().shop_id, services().core.registry.actions
    names = {one.id: one.name for one in services().workflows.page(shop_id, limit=200).items}

    def label(kind: str) -> str:
        action = actions.find(kind)
        return _(action.label) if action else kind

    lines: list[SimpleNamespace] = []
    for run, steps in reversed(services().run_log.runs_of_chat(shop_id, conversation.id, LATEST_RUNS)):
        lines += runs.trace(run, steps, label, names.get(run.workflow_id, ""))
    return lines[-NEWEST_LINES:]


def _seen(conversation: Conversation | None, orders: list[Order]) -> SimpleNamespace:
    if conversation is None:
        return SimpleNamespace(chat=None, order=None, stock=[])
    row = services().conversations.get(here().shop_id, conversation.id)
    notes = {
        "waiting": _("Waits for you"), "human": _("A person is replying"), "closed": _("Closed"),
        "automated": _("Automation is replying"),
    }  # fmt: skip
    status = inbox.status(row.conversation)
    placed = [one for one in orders if one.state is not OrderState.DRAFT]
    return SimpleNamespace(
        chat=SimpleNamespace(
            id=conversation.id,
            customer_id=row.customer.id,
            name=row.customer.display_name,
            note=notes[status],
            status=status,
        ),
        order=order_rows(placed[:1])[0] if placed else None,
        stock=_stock(placed[0]) if placed else [],
    )


def _stock(order: Order) -> list[SimpleNamespace]:
    shown = []
    for line in order.lines[:3]:
        try:
            detail = services().catalog.get(here().shop_id, line.product_id)
        except NotFound:
            continue
        level = detail.levels.get(line.variant_id)
        if level is not None:
            note = _("%(count)s in stock, %(held)s held", count=level.available, held=level.reserved)
            shown.append(SimpleNamespace(product_id=line.product_id, title=line.title, note=note))
    return shown


def _hint(conversation: Conversation | None, orders: list[Order]) -> str | None:
    if conversation is None:
        return None
    if inbox.status(conversation) == "waiting":
        return _("open the inbox and answer as the shop.")
    newest = orders[0] if orders else None
    if newest is None:
        return _("ask for a price, then say how many you want.")
    if newest.state is OrderState.PLACED and newest.due_paise:
        return _("tap “Pay (practice)” in the chat, then watch the order turn paid.")
    return {
        OrderState.CONFIRMED: _("open the order and mark it as packed."),
        OrderState.PACKED: _("add tracking to the order: the customer is told."),
        OrderState.SHIPPED: _("ask “where is my order?” as the customer."),
    }.get(newest.state)
