"""How steps, triggers, branches and placeholders are called on the owner's pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.ports.extensions import ActionType
from salespilots.ports.texts import PLACEHOLDERS
from salespilots.services.templates import sample
from salespilots.services.workflows.versions import Difference
from salespilots.web.settings_reading import key_of

_PLACE = re.compile(r"\{([a-z_]{1,30})\}")
ALIKE = {"order": "create_order", "hand": "hand_over"}
BY_KEY = {"flow.stop": "stop", "flow.go_to": "go_to", "order.quote": "send", "flow.workflow": "go_to"}
SELLING = ("product.", "order.", "message.product", "message.catalogue", "message.sold_out")


def branch_names() -> dict[str, tuple[str, str]]:
    """How a branch is called, and its tone."""
    return {
        "then": (_("Yes"), "ok"),
        "else": (_("No"), "bad"),
        "on_many": (_("Several fit"), ""),
        "on_empty": (_("Nothing found"), ""),
        "on_no": (_("No, or not enough"), "bad"),
        "on_error": (_("It does not work"), "bad"),
        "on_change": (_("The price has changed"), ""),
        "on_timeout": (_("No answer"), ""),
        "on_event": (_("The customer writes"), ""),
    }


def branch_of(step: Mapping[str, Any], key: str) -> tuple[str, str]:
    """The same for one step, whose own words may say it better."""
    settings = step.get("settings") or {}
    if step.get("kind") == "flow.split" and key in ("then", "else"):
        first = settings.get("first")
        name = first.get("name") if key == "then" and isinstance(first, Mapping) else settings.get("second")
        return str(name or ("A" if key == "then" else "B")), "info"
    if is_stock_check(step) and key in ("then", "else"):
        return (_("Yes, in stock"), "ok") if key == "then" else (_("No, sold out"), "bad")
    if step.get("kind") == "ask" and key == "on_no":
        return _("No, or no fit"), "bad"
    return branch_names().get(key, (_("Then"), ""))


def is_stock_check(step: Mapping[str, Any]) -> bool:
    """Whether a step asks whether there is a piece of the product left, and nothing else."""
    settings = step.get("settings") or {}
    asked = [(one.get("field"), one.get("op"), str(one.get("value"))) for one in settings.get("all") or []]
    return step.get("kind") == "flow.branch" and asked == [("product.stock", "gt", "0")] and not settings.get("any")


def look(kind: str, action: ActionType | None) -> SimpleNamespace:
    """Icon, tone and word of a step's card. ``kind`` is its key, ``when`` of the trigger."""
    looks = {
        "when": ("inbox", "auto", _("When")), "find": ("search", "info", _("Find")),
        "check": ("workflow", "warn", _("Check")), "send": ("send", "brand", _("Send")),
        "ask": ("help", "brand", _("Ask")), "wait": ("clock", "", _("Wait")), "tag": ("tag", "ok", _("Tag")),
        "create_order": ("orders", "ok", _("Create order")), "hand_over": ("hand", "warn", _("Hand over")),
        "stop": ("check", "", _("End")), "go_to": ("undo", "", _("Go to")),
    }  # fmt: skip
    name = kind if kind in looks else BY_KEY.get(kind) or (ALIKE.get(action.tone, action.tone) if action else "")
    icon, tone, word = looks.get(name, ("bolt", "", _("Step")))
    return SimpleNamespace(icon=icon, tone=tone, word=word)


def asks() -> dict[str, str]:
    """What a question asks for."""
    return {
        "variant": _("Ask which size or colour"), "quantity": _("Ask how many"), "name": _("Ask for the name"),
        "phone": _("Ask for the mobile number"), "pincode": _("Ask for the pincode"),
        "address": _("Ask for the address"), "yes_no": _("Ask for a yes"), "choice": _("Ask for a choice"),
        "number": _("Ask for a number"), "email": _("Ask for the e-mail address"), "date": _("Ask for a date"),
        "rating": _("Ask for a rating"),
    }  # fmt: skip


def step_title(step: Mapping[str, Any], action: ActionType | None) -> tuple[str, str]:
    """(what it does in one line, the words it says)."""
    settings = step.get("settings") or {}
    if action is None:
        return str(step.get("kind")), ""
    quote = " ".join(str(settings[name]) for name in ("text", "ask") if isinstance(settings.get(name), str)).strip()
    if is_stock_check(step):
        return _("Is {product} in stock?"), ""
    title = _(action.sentence(settings))
    if quote and any(str(settings.get(name) or "-") in title for name in ("text", "ask")):
        title = asks().get(str(settings.get("type")), _(action.label)) if step["kind"] == "ask" else _(action.label)
    return title, quote


def parts(text: str) -> list[SimpleNamespace]:
    """Words and the placeholders in them, apart: ``text``, ``name`` (of a placeholder, else empty)."""
    found, at, called = [], 0, placeholder_names()
    for one in _PLACE.finditer(text):
        if one.start() > at:
            found.append(SimpleNamespace(text=text[at : one.start()], name=""))
        found.append(SimpleNamespace(text=called.get(one[1], one[1].replace("_", " ")), name=one[1]))
        at = one.end()
    if at < len(text):
        found.append(SimpleNamespace(text=text[at:], name=""))
    return found


def plain(text: str) -> str:
    """The same as a line of text, placeholders by their names."""
    return "".join(one.text for one in parts(text))


def placeholder_names() -> dict[str, str]:
    """How placeholders are called."""
    return {
        "customer": _("first name"), "shop": _("shop"), "product": _("product"), "price": _("price"),
        "stock": _("stock"), "quantity": _("quantity"), "items": _("items"), "total": _("total"),
        "due": _("still to pay"), "order": _("order number"), "link": _("payment link"),
        "tracking": _("tracking number"), "courier": _("courier"), "address": _("address"), "festival": _("festival"),
    }  # fmt: skip


def placeholders_at(kept: Sequence[str]) -> list[SimpleNamespace]:
    """What may be put into words: those of every shop, then what earlier steps keep."""
    called = placeholder_names()
    names = dict.fromkeys([*PLACEHOLDERS, *kept])
    return [
        SimpleNamespace(name=one, label=called.get(one, one.replace("_", " ")), sample=_sample(one)) for one in names
    ]  # fmt: skip


def _sample(name: str) -> str:
    found = sample(f"{{{name}}}")
    return f"[{name.replace('_', ' ')}]" if found.startswith("{") else found


def group_of(action: ActionType) -> str:
    """Where the builder lists a kind of step."""
    if action.key.startswith(SELLING):
        return "sell"
    return {
        "send": "say", "ask": "ask", "find": "sell", "order": "sell", "check": "check", "wait": "wait",
        "tag": "customer", "hand": "team",
    }.get(action.tone, "say")  # fmt: skip


def helps() -> dict[str, str]:
    """What a kind of step is good for, in a sentence."""
    return {
        "message.text": _("Words you write, with prices and names filled in."),
        "message.template": _("Words that several workflows share, in each customer's language."),
        "message.image": _("A picture from an address, such as a size chart."),
        "message.ai": _("Your model answers from the shop's facts. Without one, your own words are sent."),
        "product.find": _("From the message, the story they replied to, or the last product shown."),
        "message.product": _("Picture, true price and stock, with a button to buy."),
        "message.sold_out": _("Says so kindly and shows what is alike."),
        "message.catalogue": _("A row of product cards to swipe."),
        "ask": _("Waits for the answer and remembers it."),
        "order.quote": _("Items, delivery and total, before they agree."),
        "order.pay": _("UPI, card, or cash on delivery, as you allow."),
        "order.create": _("Places the order and holds the pieces."),
        "order.payment_link": _("Sends the link for the order they placed."),
        "order.status": _("Tells where their order is."),
        "customer.tag": _("Marks the customer, for lists and for checks."),
        "customer.untag": _("Takes a mark off again."),
        "customer.set": _("Writes an answer into the customer's details."),
        "customer.field": _("A field of your own, such as a birthday."),
        "flow.branch": _("Goes one way or the other by stock, order, tag, time."),
        "flow.wait": _("Goes on after a time, or when something happens."),
        "message.follow_up": _("Writes once more when they do not answer."),
        "flow.split": _("Half get one way, half another; you see which sells more."),
        "flow.go_to": _("A place where ways meet."),
        "flow.workflow": _("Goes on in another of your workflows."),
        "flow.assign": _("Gives the chat to one person of the team."),
        "flow.hand_over": _("Automation stops and a person answers."),
        "flow.stop": _("Nothing more happens."),
        "owner.notify": _("A note on Home, and by e-mail if you like."),
        "webhook.call": _("Tells a program of yours; its answer can be used in words."),
        "comment.reply": _("Public words below what they commented."),
        "comment.private": _("A private message to who commented, with the price."),
    }  # fmt: skip


def fields_of(schema: Any, names: Sequence[str]) -> list[str]:
    """How changed fields are called."""
    called = {
        key_of(name, one): str(one.metadata.get("label") or key_of(name, one)) for name, one in schema().fields.items()
    }
    return [_(called[one]) for one in names if one in called]


def difference(one: Difference, registry: Any) -> SimpleNamespace:
    """What is different, in a sentence: ``tone``, ``icon``, ``what``, ``title``, ``detail``."""
    if one.place == "when":
        trigger = one.after or {}
        kind = registry.triggers.find(trigger.get("kind"))
        title = _(kind.sentence(trigger.get("settings") or {})) if kind else str(trigger.get("kind") or "")
        names = fields_of(kind.settings, one.fields) if kind else []
        return _told("edit", "info", _("When it starts"), title, names)
    step = one.after or one.before or {}
    action = registry.actions.find(step.get("kind"))
    title = plain(step_title(step, action)[0]) if step else ""
    if one.kind == "added":
        return _told("plus", "ok", _("New step"), title, [])
    if one.kind == "removed":
        return _told("minus", "bad", _("Step taken out"), title, [])
    if one.kind == "moved":
        return _told("workflow", "", _("Leads elsewhere"), title or _("The order of the steps"), [])
    names = fields_of(action.settings, one.fields) if action else []
    return _told("edit", "info", _("Changed"), title, names)


def _told(icon: str, tone: str, what: str, title: str, names: Sequence[str]) -> SimpleNamespace:
    return SimpleNamespace(icon=icon, tone=tone, what=what, title=title, detail=", ".join(names))
