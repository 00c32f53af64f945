"""Parts of an order that leave and come back, and what is given back for them: whatever somebody does, in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from salespilots.domain.errors import InvalidInput, InvalidTransition
from salespilots.domain.order import Order, OrderLine
from salespilots.domain.order_states import LEFT, OrderState
from salespilots.domain.parcels import ReturnKind, ReturnState, add_up
from salespilots.domain.refunding import discount_of_lines, given_back_for
from salespilots.domain.transitions import Applied

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def order_of(quantities: list[int], prices: list[int], **more: object) -> Order:
    lines = [
        OrderLine(
            id=f"lin_{place}", variant_id=f"var_{place}", product_id="prd_1", sku=f"S{place}", title="Saree",
            quantity=quantity, unit_paise=price,
        )
        for place, (quantity, price) in enumerate(zip(quantities, prices, strict=False))
    ]  # fmt: skip
    values = {"lines": lines, "state": OrderState.CONFIRMED, **more}
    return Order(id="ord_1", business_id="biz_1", customer_id="cus_1", created_at=NOW, token="t", **values)


class Parcels(RuleBasedStateMachine):
    """Parcels and returns of one order, each step with pieces that may or may not be there."""

    returns = Bundle("returns")

    @initialize(quantities=st.lists(st.integers(1, 4), min_size=1, max_size=3))
    def confirmed(self, quantities: list[int]) -> None:
        self.order = order_of(quantities, [100, 250, 999])
        self.numbers = count(1)
        self.sent: list[dict[str, int]] = []

    def attempt(self, step):
        before = (self.order.state, list(self.order.shipments), len(self.order.returns))
        try:
            return step()
        except (InvalidInput, InvalidTransition):
            assert before == (self.order.state, list(self.order.shipments), len(self.order.returns)), "half a step"
            return None

    @rule(lines=st.none() | st.dictionaries(st.sampled_from(["lin_0", "lin_1", "lin_9"]), st.integers(0, 5)))
    def ship(self, lines) -> None:
        number = str(next(self.numbers))
        step = lambda: self.order.ship(now=NOW, courier="C", tracking_number=number, parcel_id=number, lines=lines)  # noqa: E731
        if isinstance(self.attempt(step), Applied):
            assert not isinstance(step(), Applied), "the same parcel twice is one"

    @rule()
    def deliver(self) -> None:
        self.attempt(lambda: self.order.deliver(now=NOW))

    @rule()
    def cancel(self) -> None:
        if self.order.shipments and self.order.state is OrderState.PACKED:
            there = any(self.order.to_come_back.values()) or self.order.expected_back
            if there:
                self.attempt(lambda: self.order.cancel(now=NOW))
                assert self.order.state is not OrderState.CANCELLED

    @rule(target=returns, lines=st.none() | st.dictionaries(st.sampled_from(["lin_0", "lin_1"]), st.integers(0, 5)))
    def send_back(self, lines):
        made = f"rtn_{next(self.numbers)}"
        self.attempt(lambda: self.order.expect_back(now=NOW, return_id=made, lines=lines))
        return made

    @rule(made=returns, restock=st.none() | st.just({}) | st.dictionaries(st.just("lin_0"), st.integers(0, 5)))
    def inspect(self, made, restock) -> None:
        self.attempt(lambda: self.order.receive_back(now=NOW, return_id=made, restock=restock))

    @invariant()
    def pieces_are_somewhere(self) -> None:
        if not hasattr(self, "order"):
            return
        one = self.order
        gone, back = add_up([each.lines for each in one.shipments]), add_up([each.lines for each in one.returns])
        for line in one.lines:
            assert 0 <= back.get(line.id, 0) <= gone.get(line.id, 0) <= line.quantity
        for each in one.returns:
            assert all(each.restocked.get(line, 0) <= pieces for line, pieces in each.lines.items())
        all_gone = all(gone.get(line.id, 0) == line.quantity for line in one.lines)
        assert all_gone == (one.state in LEFT or one.state is OrderState.RETURNED)
        inspected = add_up([each.lines for each in one.returns if each.state == ReturnState.INSPECTED])
        assert (one.state is OrderState.RETURNED) == all(inspected.get(x.id, 0) == x.quantity for x in one.lines)


TestParcels = Parcels.TestCase
TestParcels.settings = settings(max_examples=60, stateful_step_count=20)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 10**6)), min_size=1, max_size=4),
    st.integers(0, 10**6), st.integers(0, 10**4), st.booleans(), st.data(),
)  # fmt: skip
def test_pieces_one_after_the_other_give_back_what_all_at_once_do(lines, discount, shipping, rule_back, data) -> None:
    one = order_of([count for count, _ in lines], [price for _, price in lines], shipping_paise=shipping)
    one.discount_paise = min(discount, one.subtotal_paise)
    assert sum(discount_of_lines(one).values()) == one.discount_paise
    one.ship(now=NOW, courier="C", tracking_number="1", parcel_id="p")
    rules = {"shipping": rule_back}
    at_once = given_back_for(one, {line.id: line.quantity for line in one.lines}, rules)
    assert at_once.total_paise == one.subtotal_paise - one.discount_paise + (shipping if rule_back else 0)
    came = 0
    while one.state is not OrderState.RETURNED:
        there = [(line, pieces) for line, pieces in one.to_come_back.items() if pieces]
        line, pieces = data.draw(st.sampled_from(there))
        some = {line: data.draw(st.integers(1, pieces))}
        part = given_back_for(one, some, rules)
        assert min(part.goods_paise, part.discount_paise, part.total_paise) >= 0
        came += part.total_paise
        made = f"rtn_{len(one.returns)}"
        one.expect_back(now=NOW, return_id=made, kind=ReturnKind.RETURN, lines=some)
        one.receive_back(now=NOW, return_id=made, restock=None, released_paise=part.total_paise)
    assert came == at_once.total_paise == one.released_paise
    assert one.kept_paise == one.total_paise - came
