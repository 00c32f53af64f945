"""Goods on their way back: expected, looked at, put on the shelf or not, and what is owed for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.order import Order
from salespilots.domain.parcels import NOT_ACCEPTED, Return, ReturnKind
from salespilots.domain.refunding import given_back_for
from salespilots.domain.stock import MovementKind
from salespilots.domain.transitions import Applied, Ignored, Outcome
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.documents import write_off_in
from salespilots.services.fulfilment import Fulfilment
from salespilots.services.order_steps import check_seen
from salespilots.services.ordering import close_links_in, move_in

RETURN_DUE = "Returned: a refund may be due."


class Returns(Fulfilment):
    """Use cases on what comes back."""

    def expect_back(
        self,
        business_id: str,
        order_id: str,
        *,
        kind: str = "return",
        lines: Mapping[str, int] | None = None,
        note: str = "",
        actor: str = "",
        seen: int | None = None,
    ) -> Order:
        """Pieces are on their way back; nothing is counted until somebody has looked at them. ``seen``: how many returns
        there were when this was decided. Raises `Conflict` where another was noted since."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            check_seen(seen, order.returns)
            return order.expect_back(
                now=now, return_id=self._core.ids.new("return"), kind=_kind(kind), lines=lines, note=note
            )

        return self.act(business_id, order_id, step, actor=actor)

    def inspect(
        self,
        business_id: str,
        order_id: str,
        return_id: str,
        *,
        restock: Mapping[str, int] | None = None,
        actor: str = "",
    ) -> Order:
        """What came back was looked at: ``restock`` (pieces by line id, None for all) goes on the shelf again."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            return receive_in(self._core, uow, order, return_id, restock, now)

        return self.act(business_id, order_id, step, actor=actor)

    def take_back(
        self,
        business_id: str,
        order_id: str,
        *,
        restock: bool,
        lines: Mapping[str, int] | None = None,
        kind: str = "return",
        reference: str = "",
        key: str = "",
        actor: str = "",
    ) -> Order:
        """The goods are here again: everything, also what was expected, or ``lines`` (pieces by line id). The same
        ``reference`` twice is one return, and so is the same ``key``, which nobody sees. Raises `Conflict` for a reference
        with other pieces than before."""
        return_id = f"rtn_{key[:22]}" if key else ""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            known = [one for one in order.returns if one.id == return_id or (reference and one.reference == reference)]
            if not known:
                return take_back_in(
                    self._core, uow, order, now, restock=restock, lines=lines, kind=_kind(kind), reference=reference,
                    return_id=return_id,
                )  # fmt: skip
            if lines is not None and dict(lines) != known[0].lines:
                raise Conflict("This return was noted with other pieces.", reference=reference)
            return receive_in(self._core, uow, order, known[0].id, None if restock else {}, now)

        return self.act(business_id, order_id, step, actor=actor)


def _kind(kind: str) -> ReturnKind:
    try:
        return ReturnKind(kind)
    except ValueError:
        raise InvalidInput({"kind": [f"Choose one of {', '.join(ReturnKind)}."]}) from None


def take_back_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    now: datetime,
    *,
    restock: bool,
    lines: Mapping[str, int] | None = None,
    kind: ReturnKind = ReturnKind.RETURN,
    released_paise: int | None = None,
    reference: str = "",
    return_id: str = "",
) -> Outcome:
    """Within a transaction. ``released_paise``: what the shop does not keep of the total, None to go by its rules."""
    made = order.expect_back(
        now=now, return_id=return_id or core.ids.new("return"), kind=kind, lines=lines, reference=reference
    )
    waiting = order.expected_back if lines is None else order.expected_back[-1:]
    if not waiting and isinstance(made, Ignored):
        return made
    events = list(getattr(made, "events", ()))
    for one in waiting:
        done = receive_in(core, uow, order, one.id, None if restock else {}, now, released_paise)
        events += getattr(done, "events", ())
    return Applied(tuple(events))


def receive_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    return_id: str,
    restock: Mapping[str, int] | None,
    now: datetime,
    released_paise: int | None = None,
) -> Outcome:
    """One return was looked at, within a transaction."""
    found = next((one for one in order.returns if one.id == return_id), None)
    if found is not None and released_paise is None:
        released_paise = _released(uow, order, found)
    outcome = order.receive_back(now=now, return_id=return_id, restock=restock, released_paise=released_paise or 0)
    if isinstance(outcome, Ignored) or found is None:
        return outcome
    move_in(core, uow, order, MovementKind.RETURN, 1, 0, f"return:{return_id}", found.restocked)
    if order.not_accepted:
        uow.customers.increase(order.customer_id, refused_count=1)
    if order.refund_due_paise > 0:
        order.flag(RETURN_DUE)
    close_links_in(uow, order, now)
    write_off_in(core, uow, order, "The goods came back", f"return:{return_id}")
    return outcome


def _released(uow: UnitOfWork, order: Order, found: Return) -> int:
    """By the shop's rules. Of an order that was not accepted at the door its advance is kept, where one was agreed."""
    if found.kind in NOT_ACCEPTED and order.advance_paise:
        whole = all(count == found.lines.get(line, 0) for line, count in ((x.id, x.quantity) for x in order.lines))
        if whole:
            return order.total_paise - min(order.advance_paise, order.total_paise)
    return given_back_for(order, found.lines, uow.shop().refund_rules).total_paise
