"""What happens to a customer's message: it continues a run, starts one, or goes to a person."""

from __future__ import annotations

from typing import Any

from salespilots.domain.conversation import Author, Conversation, Message, Mode
from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.run import Run, RunState
from salespilots.domain.workflow import Workflow, WorkflowVersion, steps_by_id
from salespilots.ports.answers import DETAILS
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import TriggerFact
from salespilots.ports.shopping import lines_of
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.ports.texts import say
from salespilots.ports.understanding import ProductMatch, Understanding
from salespilots.services.automation import (
    MAX_RUNS_PER_HOUR,
    cancel_runs_in,
    match,
    start_in,
)
from salespilots.services.core import Core
from salespilots.services.direct import utr_in
from salespilots.services.messaging.about_posts import about_in, nudge_in
from salespilots.services.messaging.baskets import carried, code_in, go_on, several, sum_step, taken_out, wanted
from salespilots.services.messaging.consent import heed_in, wish_in
from salespilots.services.messaging.desk import Desk
from salespilots.services.messaging.honest import own_up_in
from salespilots.services.messaging.outgoing import cancel_pending_in, queue_in

PERSON = frozenset({"human_agent", "complaint", "refund_return", "cancel_order", "payment_issue"})
"""Intents that a person should answer when no workflow does."""

CANCEL_HERE = "You can cancel order {number} here yourself until it is packed: {url}"

QUIET = frozenset({"thanks_bye"})


def read_message(core: Core, uow: UnitOfWork, text: str, payload: str) -> Understanding:
    """What a message means: a tapped button says it exactly, words are matched against the catalogue."""
    kind, _, value = payload.partition(":")
    if kind == "product" and value:
        return Understanding(
            intent="price_inquiry", confidence=1.0, products=(ProductMatch(value, 100.0),), sure_of_product=True
        )
    if kind == "wait" and value:
        product_id, _, variant_id = value.partition(":")
        meant = (ProductMatch(product_id, 100.0, (variant_id,)),)
        return Understanding(intent="availability", confidence=1.0, products=meant, sure_of_product=True)
    if kind in ("yes", "no"):
        return Understanding(intent="other", confidence=1.0, answer=kind)
    if kind == "human":
        return Understanding(intent="human_agent", confidence=1.0)
    if kind == "catalogue":
        return Understanding(intent="product_inquiry", confidence=1.0)
    if kind == "order_status":
        return Understanding(intent="order_status", confidence=1.0)
    return core.memory.understand(core.understander, uow, text)


def answer_in(
    core: Core,
    uow: UnitOfWork,
    conversation: Conversation,
    customer: Customer,
    message: Message,
    *,
    payload: str,
    new: bool,
    started: bool,
    desk: Desk,
) -> None:
    """Decide within the transaction of the message. The caller saves the conversation. ``new``: the chat was made for it;
    ``started``: it is the customer's first word, who may have commented before."""
    wish = wish_in(core, uow, customer, message)
    if wish is not None:
        heed_in(core, uow, conversation, customer, message, wish)
        return
    live = core.memory.live(uow)
    active = [] if new else desk.runs(conversation.lane)
    runs = [one for one in active if one.waiting_for == "message.received"]
    asking = _wake_waits(core, uow, runs, message, live)
    if conversation.mode is Mode.HUMAN or customer.opted_out or not live:
        return
    understood = read_message(core, uow, wanted(message.text), payload)
    if understood.asks_bot:
        own_up_in(core, uow, conversation, message, understood.language)
        if asking is not None:
            asking[0].wake("aside", message.id)  # answered first, then the question is asked again
            uow.runs.save(asking[0])
        return
    understood, unknown = about_in(uow, message, understood)
    if not (understood.confidence >= 0.5 and understood.intent != "other") and nudge_in(
        core, uow, conversation, customer, message
    ):
        return
    if understood.intent == "human_agent" and understood.confidence >= 0.5:
        hand_over_in(core, uow, conversation, message, "asked for a person")
        return
    parts = asking is not None and (asking[1].get("settings") or {}).get("type") in DETAILS
    claimed = None if parts else utr_in(core, uow, conversation.customer_id, message.text)
    if claimed is not None:
        queue_in(core, uow, conversation, Text(text=say(claimed)), author=Author.BOT, dedupe_key=f"utr:{message.id}")
        return
    fact = TriggerFact(
        type="message.received", kind=message.kind, text=message.text, payload=payload, understanding=understood,
        started=started,
    )  # fmt: skip
    if asking is not None:
        run, step = asking
        if _order_changed(core, uow, run, message, payload):
            return
        action = core.registry.actions.get(step["kind"])
        if action.answers(step.get("settings") or {}, message.text, payload, understood, run.data):
            _wake(uow, run, message)
            return
        digits = not any(one.isalpha() for one in message.text)  # a phone number cut short is no new count
        other = _says_something_else(understood) and not (
            digits and (step.get("settings") or {}).get("type") in DETAILS
        )
        aside = match(core, live if other else [one for one in live if _listens_for_words(one[1])], fact)
        if aside is None:
            _wake(uow, run, message)  # the step asks again, saying what is missing
            return
        workflow, version, reason = aside
        if workflow.id != run.workflow_id:
            run.wake("aside", message.id)  # answered first, then the question is asked again
            uow.runs.save(run)
        same = run if workflow.id == run.workflow_id else None
        _start(core, uow, workflow, version, conversation, message, reason, understood, active, same, unknown=unknown)
        return
    found = match(core, live, fact)
    if found is not None:
        if not new and desk.recent_runs(conversation) >= MAX_RUNS_PER_HOUR:
            hand_over_in(core, uow, conversation, message, "too many automatic answers in an hour")
            return
        workflow, version, reason = found
        _start(core, uow, workflow, version, conversation, message, reason, understood, active, unknown=unknown)
    else:
        _not_understood(core, uow, conversation, message, understood)


def heard_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message, desk: Desk) -> None:
    """The customer wrote something that no machine answers: what waited for silence to go on does not say so any more."""
    runs = [one for one in desk.runs(conversation.lane) if one.waiting_for == "message.received"]
    _wake_waits(core, uow, runs, message, core.memory.live(uow))


def _wake_waits(core: Core, uow: UnitOfWork, runs: list[Run], message: Message, live: list) -> tuple[Run, dict] | None:
    """Waits that end when the customer writes end now; the newest open question is returned."""
    asking: tuple[Run, dict] | None = None
    for run in runs:
        step = steps_by_id(core.memory.version(uow, run.version_id).definition).get(run.cursor)
        action = core.registry.actions.find(step["kind"]) if step else None
        asks = action is not None and action.answers is not None
        if step is not None and asks and asking is None:
            asking = (run, step)
        elif run.state is RunState.WAITING and not asks:
            _wake(uow, run, message)
    if asking is not None and asking[0].state is not RunState.WAITING:
        return None
    return asking


def _wake(uow: UnitOfWork, run: Run, message: Message) -> None:
    run.wake("message.received", message.id)
    uow.runs.save(run)


def _listens_for_words(version: WorkflowVersion) -> bool:
    """Whether a workflow waits for words of the owner's own: who writes one means it, whatever was asked."""
    trigger = version.definition.get("trigger") or {}
    settings = trigger.get("settings") or {}
    return trigger.get("kind") == "message.received" and any(settings.get(one) for one in ("keywords", "any", "all"))


def _says_something_else(understood: Understanding) -> bool:
    return understood.confidence >= 0.5 and understood.intent not in ("other", "thanks_bye") and not understood.answer


def _start(
    core: Core,
    uow: UnitOfWork,
    workflow: Workflow,
    version: WorkflowVersion,
    conversation: Conversation,
    message: Message,
    reason: str,
    understood: Understanding,
    active: list[Run],
    before: Run | None = None,
    *,
    unknown: bool = False,
) -> None:
    """``before``: the open run of this workflow that gives way; what was chosen in it goes over. ``unknown``: it is about a
    post of which nobody said what it shows."""
    data: dict[str, Any] = {
        "trigger": reason,
        "intent": understood.intent,
        "language": understood.language,
        "products": [
            {"product_id": one.product_id, "score": one.score, "variant_ids": list(one.variant_ids)}
            for one in understood.products[:5]
        ],
        "sure": understood.sure_of_product,
    }
    if unknown:
        data["unknown_post"] = True
    if understood.quantity:
        data["asked_quantity"] = understood.quantity
    step, chosen = sum_step(version), carried(before, message.text)
    many = several(core, uow, message.text) if step else None
    if many is not None:
        data |= many
    data["cart"] = [*chosen, *data.get("cart", ())] if step else []
    for name in ("pincode", "discount_code", "payment_method"):
        if before is not None and before.data.get(name):
            data[name] = before.data[name]
    start_in(
        core, uow, workflow, version, conversation=conversation, trigger_key=f"message:{message.id}", data=data,
        message_id=message.id, active=active, step=step if many else None,
    )  # fmt: skip


def _order_changed(core: Core, uow: UnitOfWork, run: Run, message: Message, payload: str) -> bool:
    """Something was taken out of the open order, or a discount code written: it is summed up again."""
    step = sum_step(core.memory.version(uow, run.version_id))
    if step is None or payload or run.order_id or not lines_of(run.data):
        return False
    changed = taken_out(core, uow, run, message.text)
    code = code_in(uow, message.text) if changed is None else None
    if code is not None:
        changed = {"discount_code": code}
    if changed is None:
        return False
    run.wake("message.received", message.id)
    go_on(run, step, changed)
    uow.runs.save(run)
    return True


def _not_understood(
    core: Core, uow: UnitOfWork, conversation: Conversation, message: Message, understood: Understanding
) -> None:
    """No workflow answers: say so once with a way on, the second time ask a person."""
    if understood.intent in QUIET or (understood.answer and understood.confidence >= 0.5):
        return
    if understood.intent in PERSON and understood.confidence >= 0.5:
        if understood.intent == "cancel_order":
            cancel_here_in(core, uow, conversation, message)
        hand_over_in(core, uow, conversation, message, understood.intent)
        return
    before = uow.messages.select(eq("conversation_id", conversation.id), eq("direction", "out"), order="-seq", limit=1)
    if before and (before[0].dedupe_key or "").startswith("unsure:"):
        hand_over_in(core, uow, conversation, message, "not understood twice")
        return
    queue_in(
        core,
        uow,
        conversation,
        Text(
            text=say("I did not get that. Ask me for a price, or see what we have."),
            quick_replies=(
                QuickReply(title=say("See products"), payload="catalogue"),
                QuickReply(title=say("My order"), payload="order_status"),
                QuickReply(title=say("Talk to a person"), payload="human"),
            ),
        ),
        author=Author.BOT,
        dedupe_key=f"unsure:{message.id}",
    )


def cancel_here_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message) -> None:
    """Where the customer can step back from their newest order by themselves, while that is possible."""
    orders = uow.orders.select(eq("customer_id", conversation.customer_id), order="-created_at", limit=1)
    if not orders or not orders[0].cancellable_by_customer:
        return
    text = say(CANCEL_HERE, number=orders[0].number or "", url=f"{core.base_url}/o/{orders[0].token}")
    queue_in(core, uow, conversation, Text(text=text), author=Author.SYSTEM, dedupe_key=f"cancel:{message.id}")


def hand_over_in(
    core: Core,
    uow: UnitOfWork,
    conversation: Conversation,
    message: Message | None,
    reason: str,
    *,
    by_run: str | None = None,
) -> None:
    """Automation stops here; the customer is told once and the owner is asked.

    What the run ``by_run`` said before it asked for a person still leaves.
    """
    now = core.clock.now()
    key = f"handover:{message.id}" if message else f"handover:{conversation.id}:{conversation.next_seq}"
    if conversation.ask_for_person(now):
        queue_in(
            core, uow, conversation, Text(text=say("I am asking the shop to answer you here.")), author=Author.SYSTEM,
            dedupe_key=key,
        )  # fmt: skip
        ids = {"conversation_id": conversation.id}
        uow.record(Event(type="conversation.waiting", at=now, ids=ids, data={"reason": reason}))
    cancel_pending_in(core, uow, conversation, "handed_over", but_run=by_run)
    cancel_runs_in(core, uow, conversation, "handed_over", but=by_run)
