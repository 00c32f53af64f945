"""Where a step leads beside its own run: to another workflow, to a member of the team, to the owner."""

from __future__ import annotations

from salespilots.domain.business import Role
from salespilots.domain.conversation import Conversation
from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.run import MAX_DEPTH, Run
from salespilots.domain.workflow import WorkflowState
from salespilots.ports.effects import AssignTo, StartWorkflow, TellOwner
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.automation import start_in
from salespilots.services.core import Core
from salespilots.services.jobs import enqueue_in
from salespilots.services.messaging.answering import hand_over_in
from salespilots.services.reacting import chain_of, handed_on, stop_loop_in

LETTER = "owner.letter"
"""The job that mails the owner."""

OF_A_CHAT = (
    "intent", "language", "products", "product_id", "product_title", "variant_id", "variants", "sure", "quantity", "cart",
    "asked_quantity", "unknown_post", "comment_ref", "comment_answered",
)  # fmt: skip
"""What the next workflow is told of what this one found out."""


def go_on_in(core: Core, uow: UnitOfWork, run: Run, conversation: Conversation, effect: StartWorkflow) -> None:
    """Start another workflow in the same chat. Raises `Conflict` when it is not live."""
    workflow = uow.workflows.find(id=effect.workflow_id)
    if workflow is None or workflow.state is not WorkflowState.LIVE or workflow.live_version_id is None:
        raise Conflict("The workflow to go on with is not live.")
    chain = chain_of(run)
    if workflow.id in chain or len(chain) > MAX_DEPTH:
        stop_loop_in(core, uow, conversation, workflow.id, run)
        return
    version = core.memory.version(uow, workflow.live_version_id)
    data = {name: run.data[name] for name in OF_A_CHAT if name in run.data}
    start_in(
        core, uow, workflow, version, conversation=conversation, trigger_key=f"from:{run.id}:{run.visit}",
        data={**data, "trigger": "another workflow went on here", **handed_on(run)}, message_id=run.message_id,
        order_id=run.order_id,
    )  # fmt: skip


def assign_in(core: Core, uow: UnitOfWork, run: Run, conversation: Conversation, effect: AssignTo) -> None:
    """Ask for a person, and say which one. Somebody who is not of the team any more leaves it to whoever looks first."""
    hand_over_in(core, uow, conversation, None, effect.reason or "given to a member of the team", by_run=run.id)
    members = {one.user_id for one in uow.memberships.select()}
    if effect.user_id in members:
        conversation.assignee_id = effect.user_id


def tell_owner_in(core: Core, uow: UnitOfWork, run: Run, effect: TellOwner, key: str) -> None:
    """Note what the owner wants to know, and plan its letter."""
    ids = {"run_id": run.id, "workflow_id": run.workflow_id, "conversation_id": run.conversation_id or ""}
    event = Event(type="owner.told", at=core.clock.now(), ids=ids, data={"text": effect.text[:300]})
    uow.record(event)
    if effect.by_mail:  # a job for each, so that one who cannot be reached keeps nobody else
        for member in uow.memberships.select(eq("role", Role.OWNER)):
            payload = {
                "run_id": run.id,
                "workflow_id": run.workflow_id,
                "text": effect.text[:300],
                "user_id": member.user_id,
            }
            enqueue_in(core, uow, LETTER, f"{key}:{member.user_id}", payload)
