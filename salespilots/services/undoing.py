"""Taking back a step that was a wrong click: counter-lines for stock and papers, and what was not said yet is not said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from salespilots.domain.conversation import MessageState
from salespilots.domain.errors import Conflict, InvalidTransition, OutOfStock
from salespilots.domain.invoice import Invoice
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.run import RunState
from salespilots.domain.stock import MovementKind
from salespilots.domain.transitions import Applied, Outcome
from salespilots.domain.undoing import UNDOABLE, undo
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.documents import issue_again_in
from salespilots.services.messaging.outgoing import cancel_in
from salespilots.services.notices import unsay_in
from salespilots.services.order_steps import OrderSteps
from salespilots.services.ordering import move_in
from salespilots.services.returns import RETURN_DUE

UNDONE = "taken_back"
"""Why a message was stopped, and how a run ended, because its step was."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An order after a step of it was taken back. ``told``: its customer had been told of it; ``document``: what was
    issued anew because a credit note had taken back the first."""

    order: Order
    told: bool = False
    document: Invoice | None = None


class Undoing(OrderSteps):
    """Use cases of who clicked wrong."""

    def undo(
        self, business_id: str, order_id: str, step: str, *, at: datetime | None = None, actor: str = ""
    ) -> Undone:
        """Take the order's last step back, named by the state it led to; of ``at``, where that is known. Done already
        changes nothing. Raises `InvalidTransition` when something followed from it, `Conflict` when the pieces that
        came back are promised to others."""
        told, documents = False, list[Invoice]()
        if step not in UNDOABLE:
            raise InvalidTransition("This step cannot be undone.")

        def take_back(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            nonlocal told
            documents.clear()
            returned = [(one.id, one.restocked) for one in order.returns]
            not_accepted = order.not_accepted
            outcome = undo(order, OrderState(step), now=now, at=at)
            if not isinstance(outcome, Applied):
                return outcome
            told = self._unsay(uow, order, step, now)
            if step == OrderState.RETURNED:
                if not_accepted:
                    uow.customers.increase(order.customer_id, refused_count=-1)
                if order.attention_reason == RETURN_DUE:
                    order.settle_attention()
                for return_id, restocked in returned:
                    self._off_the_shelf(uow, order, return_id, restocked)
                    made = issue_again_in(self._core, uow, order, credited=f"return:{return_id}", actor=actor)
                    documents.extend([made] if made else [])
            return outcome

        order = self.act(business_id, order_id, take_back, actor=actor)
        return Undone(order, told, documents[-1] if documents else None)

    def _off_the_shelf(self, uow: UnitOfWork, order: Order, return_id: str, pieces: dict[str, int]) -> None:
        try:
            move_in(
                self._core, uow, order, MovementKind.RETURN, -1, 0, f"return-undone:{return_id}", pieces, "Taken back"
            )
        except OutOfStock:
            raise Conflict(
                "Pieces of it were promised to other orders since: they cannot be taken off the shelf."
            ) from None

    def _unsay(self, uow: UnitOfWork, order: Order, step: str, now: datetime) -> bool:
        """Stop what is still to be said of the step, so that it is said when the step is done. True where something
        was said."""
        told = unsay_in(self._core, uow, order, step, UNDONE)
        chat = eq("conversation_id", order.conversation_id)
        runs = uow.runs.select(chat, eq("trigger_key", f"order.{step}:{order.id}")) if order.conversation_id else []
        for run in runs:
            said = False
            for message in uow.messages.select(chat, eq("run_id", run.id)):
                if message.state is MessageState.QUEUED:
                    cancel_in(self._core, uow, message, UNDONE)
                said = said or message.left
            if run.active:
                run.finish(RunState.CANCELLED, now, UNDONE)
            if not said:
                run.trigger_key = f"{run.trigger_key}:undone:{run.id}"
            uow.runs.save(run)
            told = told or said
        return told
