"""A dry run as the owner sees it: what would be said and done, and step by step why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.conversation import Author, Direction, Message, MessageState
from salespilots.domain.workflow import Workflow, steps_by_id
from salespilots.domain.workflow_editing import FORK
from salespilots.services.rehearsal.cases import CaseResult
from salespilots.services.rehearsal.report import Line, Rehearsal, Stride
from salespilots.web.filters import clock
from salespilots.web.presenters import reasons
from salespilots.web.presenters.chat import bubble_of, grouped
from salespilots.web.presenters.workflow_words import branch_of

OUTCOMES = {"waiting": "wait", "retry": "wait", "failed": "fail", "stopped": "fail"}
ASKED: Mapping[str, Sequence[str]] = {
    "price_inquiry": ("{product} kitna hai?", "What is the price of {product}?"),
    "availability": ("Is {product} available?", "{product} hai kya?"),
    "product_inquiry": ("Show me {product}",), "order_intent": ("I want to buy {product}",),
    "order_status": ("mera order kaha hai?", "Where is my order?"), "payment_issue": ("Payment failed ho gaya",),
    "cancel_order": ("Please cancel my order",), "refund_return": ("I want to return it",),
    "delivery_info": ("How long is the delivery?", "Delivery kitne din mein?"), "complaint": ("It came broken!",),
    "human_agent": ("Can I talk to a person?",), "greeting": ("Hi", "Namaste"), "thanks_bye": ("Thank you!",),
}  # fmt: skip
"""What customers write, by what they ask about."""


def samples(definition: Mapping[str, Any], product: str) -> list[str]:
    """Three messages to try: such as start it first."""
    settings = (definition.get("trigger") or {}).get("settings") or {}
    words = [str(one) for name in ("keywords", "any") for one in settings.get(name) or []]
    finds = any(one.get("kind") == "product.find" for one in definition.get("steps") or [])
    texts = [f"{{product}} {one}?" if finds and settings.get("how", "word") == "word" else one for one in words[:2]]
    asked: Sequence[Any] = settings.get("intents") or []
    rounds = [[*ASKED.get(str(intent), ())] for intent in asked]
    for place in range(2):
        texts += [one[place] for one in rounds if len(one) > place]
    texts += ["{product} kitna hai?", "Hi", "Where is my order?"]
    return list(dict.fromkeys(one.replace("{product}", product) for one in texts))[:3]


def told(found: Rehearsal, workflow: Workflow, registry: Any) -> SimpleNamespace:
    """The result: ``pill``, ``bubbles``, ``trace``, ``effects``, ``others``."""
    said = [one for one in found.messages if one.author not in ("customer", "system") and one.state == "sent"]
    answers = found.answer.workflow_id == workflow.id
    if answers and said:
        count = ngettext("Would send %(num)d message", "Would send %(num)d messages", len(said))
        pill = SimpleNamespace(text=count, tone="ok", icon="check")
    elif answers:
        pill = SimpleNamespace(text=_("Would send nothing"), tone="", icon="info")
    else:
        pill = SimpleNamespace(text=_("It does not answer this"), tone="warn", icon="alert")
    return SimpleNamespace(
        pill=pill, bubbles=grouped([_bubble(place, one) for place, one in enumerate(found.messages)]),
        trace=_trace(found, workflow, registry), effects=[one.summary for one in found.effects],
        others=[
            SimpleNamespace(name=one.name, why=_(one.reason), id=one.workflow_id)
            for one in found.answer.others if one.workflow_id != workflow.id
        ],
        stopped=_(found.stopped) if found.stopped else "",
    )  # fmt: skip


def _bubble(place: int, line: Line) -> SimpleNamespace:
    customer = line.author == "customer"
    content: dict[str, Any] = {}
    if line.cards:
        content = {"type": "product_cards", "cards": [dict(one) for one in line.cards]}
    elif not customer:
        content = {"type": "text", "text": line.text, "quick_replies": [dict(one) for one in line.quick_replies]}
    message = Message(
        id=f"dry-{place}", business_id="", conversation_id="", customer_id="", lane="", seq=place, text=line.text,
        direction=Direction.IN if customer else Direction.OUT, author=Author.CUSTOMER if customer else Author.BOT,
        kind=line.kind, created_at=line.at, content=content,
        state=MessageState.RECEIVED if customer else MessageState.SENT,
    )  # fmt: skip
    bubble = bubble_of(message, ())
    if line.state not in ("sent", "received"):
        bubble.state, bubble.why = "skipped", reasons.step_error(line.reason) if line.reason else ""
    bubble.at = line.at
    return bubble


def _trace(found: Rehearsal, workflow: Workflow, registry: Any) -> list[SimpleNamespace]:
    answer, steps = found.answer, steps_by_id(workflow.draft)
    fits = answer.workflow_id == workflow.id
    first = _(answer.reason)
    name = answer.workflow or workflow.name
    detail = name if answer.workflow_id else _("Nobody answers")
    lines = [_line("done" if fits else "fail", first[:1].upper() + first[1:], detail)]
    missed = {(one.step_id, one.branch) for one in found.not_taken}
    for stride in found.trace:
        lines.append(_stride(stride, registry))
        step = steps.get(stride.step_id)
        if step is None or stride.workflow_id != workflow.id or stride.branch not in FORK:
            continue
        lines += [
            _line("skip", _("“%(branch)s” not taken", branch=branch_of(step, key)[0]), "")
            for key in sorted(FORK - {stride.branch}) if (stride.step_id, key) in missed
        ]  # fmt: skip
    return lines


def _stride(stride: Stride, registry: Any) -> SimpleNamespace:
    action = registry.actions.find(stride.kind)
    label = _(action.label) if action else stride.kind
    state = "fail" if stride.branch == "on_error" else OUTCOMES.get(stride.outcome, "done")
    took = ""
    if stride.outcome == "waiting":
        took = _("later")
        if stride.waited == 0:
            state, took = "done", ""
        elif stride.waited:
            state, took = "wait", _length(stride.waited)
            return _line(state, _("Would wait: skipped here"), stride.reason or label, took)
        elif stride.until is not None:
            return _line("wait", stride.reason or label, _("Waits until %(time)s", time=clock(stride.until)), took)
    return _line(state, stride.reason or label, label if stride.reason else "", took)


def _length(seconds: int) -> str:
    length = timedelta(seconds=seconds)
    if length.days:
        return ngettext("%(num)d day", "%(num)d days", length.days)
    if seconds >= 3600:
        return _("%(hours)s h", hours=seconds // 3600)
    return _("%(minutes)s min", minutes=max(1, seconds // 60))


def _line(state: str, text: str, detail: str, took: str = "") -> SimpleNamespace:
    return SimpleNamespace(state=state, text=text, detail=detail, took=took)


def ran(found: Rehearsal, workflow: Workflow) -> tuple[set[str], set[tuple[str, str]]]:
    """(steps that were passed, branches that were not taken of those that do not wait any more)."""
    waiting = {one.step_id for one in found.trace if one.outcome == "waiting" and one.waited is None}
    untaken = {(one.step_id, one.branch) for one in found.not_taken if one.step_id not in waiting}
    return set(found.visited) if found.answer.workflow_id == workflow.id else set(), untaken


def case_row(name: str, id: str, script: Mapping[str, Any], result: CaseResult | None) -> SimpleNamespace:
    """A kept test, with how it went if it was tried now."""
    inputs = [
        str(one.get("text") or one.get("event") or one.get("payload") or "") for one in script.get("inputs") or []
    ]
    state = "" if result is None else "ok" if result.passed else "bad"
    return SimpleNamespace(
        id=id, name=name, says=" · ".join(inputs), state=state, why=[] if result is None else list(result.reasons)
    )  # fmt: skip
