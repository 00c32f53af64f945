"""Orders: fulfilment is a state machine; what is paid is derived from payments, never stored beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from salespilots.domain.errors import InvalidInput, InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.money import MAX_PAISE
from salespilots.domain.order_states import ACCEPTED, LEFT, TRANSITIONS, UNPAYABLE, OrderState, PaymentStatus
from salespilots.domain.parcels import NOT_ACCEPTED, Parcel, Return, ReturnKind, ReturnState, add_up, pick
from salespilots.domain.transitions import Applied, Ignored, Outcome


@dataclass(slots=True, kw_only=True)
class OrderLine:
    """A line copies title, sku and price: later changes to the catalogue never touch an order."""

    id: str
    variant_id: str
    product_id: str
    sku: str
    title: str
    quantity: int
    unit_paise: int
    gst_rate: int = 0  # whole percent
    gst_hundredths: int = 0

    @property
    def gst_basis_points(self) -> int:
        """Its rate of GST in hundredths of a percent."""
        return self.gst_rate * 100 + self.gst_hundredths

    @property
    def total_paise(self) -> int:
        """Quantity times unit price."""
        return self.quantity * self.unit_paise


@dataclass(slots=True, kw_only=True)
class Order:
    """One purchase. ``paid_paise`` and ``refunded_paise`` are kept in the same transaction as the payment rows."""

    id: str
    business_id: str
    customer_id: str
    created_at: datetime
    token: str  # the unguessable part of the customer's order page
    state: OrderState = OrderState.DRAFT
    number: str | None = None
    number_value: int | None = None
    conversation_id: str | None = None
    lines: list[OrderLine] = field(default_factory=list)
    discount_paise: int = 0
    shipping_paise: int = 0
    cod_fee_paise: int = 0
    tax_paise: int = 0
    paid_paise: int = 0
    refunded_paise: int = 0
    payment_method: str = "practice"
    payment_url: str | None = None
    discount_code: str | None = None
    advance_paise: int = 0  # of a COD order: to be paid online before it is accepted
    held_paise: int = 0  # captured money that does not fit the order, until a person keeps it or gives it back
    address: dict = field(default_factory=dict)
    tracking: dict = field(default_factory=dict)  # the newest parcel
    shipments: list[Parcel] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    terms: dict = field(default_factory=dict)  # what was agreed beyond the lines, for documents: HSN by line id
    released_paise: int = 0  # of the total: what the shop does not keep any more because goods came back
    note: str = ""
    needs_attention: bool = False
    attention_reason: str | None = None
    cause_key: str | None = None  # what makes creating it twice harmless
    practice: bool = False
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    confirmed_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None
    expires_at: datetime | None = None
    remind_at: datetime | None = None  # when to tell that the order will not be held much longer; None: told, or never
    nudged_at: datetime | None = None  # a COD customer was offered the benefit of paying now
    version: int = 0

    @property
    def subtotal_paise(self) -> int:
        """The goods."""
        return sum(line.total_paise for line in self.lines)

    @property
    def total_paise(self) -> int:
        """Subtotal − discount + shipping + COD fee."""
        return self.subtotal_paise - self.discount_paise + self.shipping_paise + self.cod_fee_paise

    @property
    def due_paise(self) -> int:
        """What is still to be paid; nothing for what came back."""
        if self.state is OrderState.RETURNED:
            return 0
        return max(0, self.total_paise - self.released_paise - self.paid_paise)

    @property
    def asked_paise(self) -> int:
        """What is to be paid online now: of a COD order only its advance, else all that is due."""
        if self.asked_is_advance:
            return max(0, min(self.advance_paise, self.total_paise) - self.paid_paise)
        return self.due_paise

    @property
    def asked_is_advance(self) -> bool:
        """Whether what is asked for online is only the advance of a COD order."""
        return bool(self.advance_paise) and self.state in (OrderState.PLACED, OrderState.EXPIRED)

    @property
    def asked_again(self) -> tuple[int, datetime | None]:
        """How often the shop reminded the customer to pay, and when last."""
        kept = self.terms.get("asked_again", {})
        return kept.get("count", 0), datetime.fromisoformat(kept["at"]) if kept else None

    @property
    def offer(self) -> dict:
        """What a COD customer was offered for paying online before it leaves: ``payment_id`` of the link that counts
        for it and ``benefit_paise``; empty when there is none, or it is too late."""
        early = self.state in (OrderState.CONFIRMED, OrderState.PACKED) and not self.shipments
        return self.terms.get("prepaid_offer", {}) if early else {}

    def take_offer(self, payment_id: str, method: str) -> bool:
        """That link was paid in time: the COD fee goes, the benefit comes off, once. False when it was not that one."""
        if self.offer.get("payment_id") != payment_id:
            return False
        self.discount_paise += self.offer["benefit_paise"]
        self.cod_fee_paise, self.payment_method = 0, method
        self.terms = {name: value for name, value in self.terms.items() if name != "prepaid_offer"}
        return True

    @property
    def kept_paise(self) -> int:
        """What of the total the shop may keep in the present state."""
        ended = self.state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.DRAFT)
        return 0 if ended else max(0, self.total_paise - self.released_paise)

    @property
    def applied_paise(self) -> int:
        """The part of the money received that pays for this order."""
        return min(self.paid_paise - self.refunded_paise, self.kept_paise)

    @property
    def refund_due_paise(self) -> int:
        """Money the shop has and may not keep: everything captured is applied, due back, or given back."""
        return self.held_paise + self.paid_paise - self.refunded_paise - self.applied_paise

    @property
    def payable(self) -> bool:
        """Whether money may be asked for now."""
        return self.state not in UNPAYABLE and self.due_paise > 0

    @property
    def payment_status(self) -> PaymentStatus:
        """Derived from money alone."""
        if self.refunded_paise and self.refunded_paise >= self.paid_paise:
            return PaymentStatus.REFUNDED
        if self.refunded_paise and self.paid_paise - self.refunded_paise < self.total_paise:
            return PaymentStatus.PART_REFUNDED
        if self.paid_paise >= self.total_paise and (self.paid_paise or self.state is not OrderState.DRAFT):
            return PaymentStatus.PAID if self.paid_paise else PaymentStatus.UNPAID
        return PaymentStatus.PART_PAID if self.paid_paise else PaymentStatus.UNPAID

    @property
    def cancellable_by_customer(self) -> bool:
        """Whether the customer may still step back: until it is packed, and nothing of it has left."""
        return self.state in (OrderState.PLACED, OrderState.CONFIRMED) and not self.shipments

    @property
    def items_count(self) -> int:
        """Pieces in all lines."""
        return sum(line.quantity for line in self.lines)

    def ids(self) -> dict[str, str]:
        """The ids an event about this order carries."""
        ids = {"order_id": self.id, "customer_id": self.customer_id}
        if self.conversation_id:
            ids["conversation_id"] = self.conversation_id
        return ids

    def place(self, *, now: datetime, number: str, number_value: int, hold: timedelta | None) -> Outcome:
        """Freeze the lines and promise them until ``now + hold``, or until a person decides where ``hold`` is None.

        The caller reserves in the same unit of work.
        """
        if self.state is OrderState.PLACED or self.state in ACCEPTED:
            return Ignored("already placed")
        if not self.lines:
            raise InvalidTransition("An order needs at least one line.")
        if self.total_paise > MAX_PAISE:
            raise InvalidTransition("The order comes to more than one order can.")
        if self.total_paise < 0:
            raise InvalidTransition("The discount is larger than the order.")
        self._move(OrderState.PLACED)
        self.number, self.number_value = number, number_value
        self.placed_at, self.expires_at = now, now + hold if hold is not None else None
        return self._applied("order.placed", now, total_paise=self.total_paise, number=number)

    def confirm(self, *, now: datetime) -> Outcome:
        """The order will be fulfilled: it is paid, or payment on delivery was accepted."""
        if self.state in ACCEPTED:
            return Ignored("already confirmed")
        self._move(OrderState.CONFIRMED)
        self.confirmed_at, self.expires_at, self.remind_at = now, None, None
        return self._applied("order.confirmed", now, number=self.number)

    def pack(self, *, now: datetime) -> Outcome:
        """The items are in the parcel."""
        if self.state in (OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED):
            return Ignored("already packed")
        self._move(OrderState.PACKED)
        self.packed_at = now
        return self._applied("order.packed", now, number=self.number)

    def ship(
        self,
        *,
        now: datetime,
        courier: str,
        tracking_number: str,
        parcel_id: str = "",
        tracking_url: str = "",
        lines: Mapping[str, int] | None = None,
    ) -> Outcome:
        """A parcel left with ``lines`` (pieces by line id), or with all that is left. The order is shipped when its
        last piece left; a confirmed one may leave without the packed step in between. The same parcel twice is one."""
        if self.state in (OrderState.SHIPPED, OrderState.DELIVERED):
            return Ignored("already shipped")
        if tracking_number and any(
            (one.courier, one.tracking_number) == (courier, tracking_number) for one in self.shipments
        ):
            return Ignored("this parcel left already")
        inside = pick(self.to_ship, lines, "left to send")
        if self.state is OrderState.CONFIRMED:
            self.pack(now=now)
        elif self.state is not OrderState.PACKED:
            self._move(OrderState.SHIPPED)
        parcel = Parcel(
            id=parcel_id, courier=courier, tracking_number=tracking_number, tracking_url=tracking_url, lines=inside,
            left_at=_text(now),
        )  # fmt: skip
        self.shipments = [*self.shipments, parcel]
        self.tracking = {"courier": courier, "tracking_number": tracking_number}
        if tracking_url:
            self.tracking["url"] = tracking_url
        if any(self.to_ship.values()):
            return self._applied("order.part_shipped", now, number=self.number, pieces=sum(inside.values()))
        self._move(OrderState.SHIPPED)
        self.shipped_at = now
        return self._applied("order.shipped", now, number=self.number)

    @property
    def to_ship(self) -> dict[str, int]:
        """Pieces by line id that have not left."""
        gone = add_up([one.lines for one in self.shipments])
        return {line.id: line.quantity - gone.get(line.id, 0) for line in self.lines}

    @property
    def part_shipped(self) -> bool:
        """Whether some of it has left and some has not."""
        return bool(self.shipments) and self.state is OrderState.PACKED

    def deliver(self, *, now: datetime) -> Outcome:
        """The customer has it."""
        if self.state is OrderState.DELIVERED:
            return Ignored("already delivered")
        self._move(OrderState.DELIVERED)
        self.delivered_at = self.closed_at = now
        for parcel in self.shipments:
            parcel.arrived_at = parcel.arrived_at or _text(now)
        return self._applied("order.delivered", now, number=self.number)

    def cancel(self, *, now: datetime, reason: str = "") -> Outcome:
        """Stop the order. The caller releases its stock in the same unit of work."""
        if self.state is OrderState.CANCELLED:
            return Ignored("already cancelled")
        if self.part_shipped and (self.expected_back or any(self.to_come_back.values())):
            raise InvalidTransition("A part of it has left: send the rest, or take back what left.")
        self._move(OrderState.CANCELLED)
        self.closed_at, self.expires_at = now, None
        if self.paid_paise > self.refunded_paise:
            self.flag("Paid, then cancelled: a refund is due.")
        return self._applied("order.cancelled", now, number=self.number, reason=reason)

    def expire(self, *, now: datetime) -> Outcome:
        """Not paid in time. The caller releases its stock in the same unit of work."""
        if self.state is not OrderState.PLACED or self.expires_at is None or self.expires_at > now:
            return Ignored("not due")
        self._move(OrderState.EXPIRED)
        self.closed_at, self.expires_at = now, None
        return self._applied("order.expired", now, number=self.number)

    @property
    def to_come_back(self) -> dict[str, int]:
        """Pieces by line id that left and neither came back nor are on their way back."""
        back = add_up([one.lines for one in self.returns])
        if self.state in LEFT:
            return {line.id: line.quantity - back.get(line.id, 0) for line in self.lines}
        gone = add_up([one.lines for one in self.shipments]) if self.part_shipped else {}
        return {line: count - back.get(line, 0) for line, count in gone.items()}

    def expect_back(
        self,
        *,
        now: datetime,
        return_id: str,
        kind: ReturnKind = ReturnKind.RETURN,
        lines: Mapping[str, int] | None = None,
        note: str = "",
        reference: str = "",
    ) -> Outcome:
        """Pieces that left are on their way back: all of them unless ``lines`` names some."""
        if self.state is OrderState.RETURNED:
            return Ignored("already returned")
        if self.state not in LEFT and not self.part_shipped:
            raise InvalidTransition(f"A {self.state} order has nothing that could come back.", state=str(self.state))
        coming = pick(self.to_come_back, lines, "with the customer")
        if not coming:
            return Ignored("all of it is on its way back")
        made = Return(
            id=return_id, kind=str(kind), state=str(ReturnState.EXPECTED), at=_text(now), lines=coming, note=note,
            reference=reference,
        )  # fmt: skip
        self.returns = [*self.returns, made]
        return self._applied("order.returning", now, number=self.number, kind=str(kind), pieces=sum(coming.values()))

    def receive_back(
        self, *, now: datetime, return_id: str, restock: Mapping[str, int] | None, released_paise: int = 0
    ) -> Outcome:
        """What came back was looked at. ``restock``: pieces by line id that go on the shelf again, None for all.

        ``released_paise`` of the total the shop does not keep any more. The order is returned when nothing of it is
        left with the customer.
        """
        found = next((one for one in self.returns if one.id == return_id), None)
        if found is None:
            raise InvalidInput({"return": ["This order has no such return."]})
        if found.state == ReturnState.INSPECTED:
            return Ignored("already inspected")
        found.restocked = (
            dict(found.lines) if restock is None else pick(found.lines, restock, "came back") if restock else {}
        )
        found.state, found.inspected_at = str(ReturnState.INSPECTED), _text(now)
        found.released_paise = released_paise
        self.released_paise += released_paise
        inspected = [one.lines for one in self.returns if one.state == ReturnState.INSPECTED]
        back = add_up(inspected)
        if self.state not in LEFT or any(line.quantity > back.get(line.id, 0) for line in self.lines):
            return self._applied("order.part_returned", now, number=self.number, pieces=sum(found.lines.values()))
        self._move(OrderState.RETURNED)
        self.closed_at = now
        return self._applied("order.returned", now, number=self.number)

    @property
    def expected_back(self) -> list[Return]:
        """Returns on their way."""
        return [one for one in self.returns if one.state == ReturnState.EXPECTED]

    @property
    def not_accepted(self) -> bool:
        """Whether all of it came back without having been accepted."""
        return self.state is OrderState.RETURNED and all(one.kind in NOT_ACCEPTED for one in self.returns)

    def flag(self, reason: str) -> None:
        """Ask a person to look, saying why."""
        self.needs_attention, self.attention_reason = True, reason

    def settle_attention(self) -> None:
        """A person looked, or what it was about is over."""
        self.needs_attention, self.attention_reason = False, None

    def _move(self, to: OrderState) -> None:
        if to not in TRANSITIONS[self.state]:
            raise InvalidTransition(f"A {self.state} order cannot become {to}.", state=str(self.state), to=str(to))
        self.state = to

    def _applied(self, kind: str, now: datetime, /, **data: object) -> Applied:
        return Applied((Event(type=kind, at=now, ids=self.ids(), data=data),))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
