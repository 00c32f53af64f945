"""What every storage must do, whatever it is made of."""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
A, B = "biz_shopaaaaaaaa", "biz_shopbbbbbbbb"


def as_cursor(content: bytes) -> str:
    """Content in the form of a cursor that is written as JSON."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


FOREIGN_CURSORS = (
    "zzz", "W10", "eyJhIjoxfQ", "WyJ4IiwieSJd", "é", as_cursor(b"[" * 1500), as_cursor(b'["0001-01-01T00:00:00+23:59","x"]'),
    as_cursor(b'["9999-12-31T23:59:59-23:59","x"]'), as_cursor(b'["2026-11-22T04:30:00+00:00","\\ud800"]'),
    as_cursor(b'["2026-11-22T04:30:00+00:00","a\\u0000"]'), as_cursor(b"[1,2,3]"), as_cursor(b"9" * 300),
)  # fmt: skip


@dataclasses.dataclass
class StorageHarness:
    """``storage`` is migrated and empty."""

    storage: Any


class StorageContract:
    """Subclass it and give a ``harness`` fixture returning a `StorageHarness`."""

    @pytest.fixture
    def store(self, harness: StorageHarness) -> Any:
        """The storage with two shops."""
        from salespilots.domain.business import Business

        with harness.storage.system_unit_of_work() as system:
            for id, slug in ((A, "a"), (B, "b")):
                system.businesses.add(Business(id=id, name=slug.upper(), slug=slug, created_at=NOW))
            system.commit()
        return harness.storage

    # --- making rows -------------------------------------------------------------------------------------

    def product(self, id: str = "prd_one00000", shop: str = A, **more: Any) -> Any:
        """A product row."""
        from salespilots.domain.catalog import Product

        return Product(id=id, business_id=shop, title="Blue saree", created_at=NOW, updated_at=NOW, **more)

    def variant(self, id: str = "var_one00000", shop: str = A, sku: str = "S1") -> Any:
        """A variant row of that product."""
        from salespilots.domain.catalog import Variant

        return Variant(id=id, business_id=shop, product_id="prd_one00000", sku=sku, price_paise=100)

    def movement(self, kind: str, on_hand: int, reserved: int, cause: str, variant: str = "var_one00000") -> Any:
        """A line of the stock ledger."""
        from salespilots.domain.stock import MovementKind, StockMovement

        return StockMovement(
            id=f"mov_{cause}0000000"[:40], business_id=A, variant_id=variant, kind=MovementKind(kind),
            on_hand_delta=on_hand, reserved_delta=reserved, cause_key=cause, at=NOW,
        )  # fmt: skip

    def row(self, event: str, lane: str = "x:1:2", sent: int = 0, shop: str | None = A) -> Any:
        """An inbox row."""
        from salespilots.domain.inbox import InboxRow

        return InboxRow(
            endpoint="channel:x", event_id=event, port="channel", provider="x", lane=lane, kind="message",
            payload={"text": "नमस्ते 🙏"}, sent_at=NOW + timedelta(seconds=sent), received_at=NOW, business_id=shop,
        )  # fmt: skip

    # --- units and collections -----------------------------------------------------------------------------

    def test_a_unit_needs_a_shop(self, store: Any) -> None:
        """There is no unscoped unit."""
        for nothing in ("", None):
            with pytest.raises((ValueError, TypeError)):
                store.unit_of_work(nothing).__enter__()

    def test_commit_keeps_and_leaving_forgets(self, store: Any) -> None:
        """Rollback is the default."""
        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
        with store.unit_of_work(A) as uow:
            assert uow.products.find(id="prd_one00000") is None
            uow.products.add(self.product(keywords=["नीली साड़ी"]))
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            assert uow.products.get("prd_one00000") == self.product(keywords=["नीली साड़ी"])

    def test_rows_are_copies(self, store: Any) -> None:
        """Changing a row without saving changes nothing."""
        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.products.get("prd_one00000").keywords.append("x")
            assert uow.products.get("prd_one00000").keywords == []

    def test_another_shop_sees_nothing(self, store: Any) -> None:
        """The scope holds for every way to reach a row."""
        from salespilots.domain.errors import NotFound, StaleEntity
        from salespilots.ports.storage import eq

        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.variants.add(self.variant())
            uow.stock.move([self.movement("receive", 5, 0, "c1")])
            uow.commit()
        with store.unit_of_work(B) as uow:
            with pytest.raises(NotFound):
                uow.products.get("prd_one00000")
            assert uow.products.find(title="Blue saree") is None
            assert uow.products.select(eq("state", "live")) == []
            assert uow.products.page().items == []
            assert uow.products.count() == 0
            assert uow.stock.levels(["var_one00000"])["var_one00000"].on_hand == 0
            assert uow.events.after(0) == []
            with pytest.raises(NotFound):
                uow.products.add(self.product("prd_two00000", shop=A))
            with pytest.raises((NotFound, StaleEntity)):
                uow.products.save(self.product())
            uow.products.remove(self.product())
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.products.get("prd_one00000").title == "Blue saree"

    @pytest.mark.parametrize("junk", ["", "prd_", "x" * 5000, "prd_\x00", "prd_one00000 ", "../../etc", "prd_\ud800"])
    def test_junk_ids_are_absent(self, store: Any, junk: str) -> None:
        """Never an error of the database."""
        from salespilots.domain.errors import NotFound

        with store.unit_of_work(A) as uow, pytest.raises(NotFound):
            uow.products.get(junk)

    def test_the_second_save_is_stale(self, store: Any) -> None:
        """Two readers, one writer wins."""
        from salespilots.domain.errors import StaleEntity

        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.commit()
        with store.unit_of_work(A) as uow:
            first, second = uow.products.get("prd_one00000"), uow.products.get("prd_one00000")
            first.title = "One"
            uow.products.save(first)
            second.title = "Two"
            with pytest.raises(StaleEntity):
                uow.products.save(second)
            first.title = "Three"
            uow.products.save(first)
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.products.get("prd_one00000").title == "Three"

    def test_unique_values(self, store: Any) -> None:
        """`add` refuses, `add_once` says no, and the unit goes on."""
        from salespilots.domain.errors import Conflict

        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.variants.add(self.variant())
            with pytest.raises(Conflict):
                uow.variants.add(self.variant("var_two00000"))
            assert uow.variants.add_once(self.variant("var_two00000")) is False
            assert uow.variants.add_once(self.variant("var_two00000", sku="S2")) is True
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert {one.sku for one in uow.variants.select()} == {"S1", "S2"}

    def test_conditions(self, store: Any) -> None:
        """Each operator."""
        from salespilots.ports.storage import Where, eq, one_of

        with store.unit_of_work(A) as uow:
            uow.products.add(self.product("prd_aaa00000", category="Sarees", keywords=["neeli", "50%_off"], gst_rate=5))
            uow.products.add(self.product("prd_bbb00000", category="Rings", keywords=["neeli saree"], gst_rate=12))

            def ids(*where: Any) -> list[str]:
                return [one.id[4:7] for one in uow.products.select(*where)]

            assert ids(eq("category", "Rings")) == ["bbb"]
            assert ids(Where("category", "ne", "Rings")) == ["aaa"]
            assert ids(one_of("category", ["Rings", "Sarees"])) == ["aaa", "bbb"]
            assert ids(one_of("category", [])) == []
            assert ids(Where("gst_rate", "gt", 5)) == ["bbb"]
            assert ids(Where("gst_rate", "ge", 5), Where("gst_rate", "lt", 12)) == ["aaa"]
            assert ids(Where("gst_rate", "le", 5)) == ["aaa"]
            assert ids(Where("title|category", "like", "RING")) == ["bbb"]
            assert ids(Where("keywords", "like", "50%_")) == ["aaa"]
            assert ids(Where("keywords", "has", "neeli")) == ["aaa"]
            assert uow.products.count(Where("gst_rate", "gt", 1)) == 2

    def test_pages_visit_every_row_once(self, store: Any) -> None:
        """Also when times are equal, and when a row is added in between."""
        with store.unit_of_work(A) as uow:
            for number in range(7):
                uow.products.add(self.product(f"prd_{number:08d}"))
            seen: list[str] = []
            cursor = None
            while True:
                page = uow.products.page(order="-created_at", cursor=cursor, limit=3)
                seen += [one.id for one in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert len(seen) == len(set(seen)) == 7
            assert seen == sorted(seen, reverse=True)

    @pytest.mark.parametrize("junk", FOREIGN_CURSORS)
    def test_foreign_cursors_are_refused(self, store: Any, junk: str) -> None:
        """As input, not as a crash."""
        from salespilots.domain.errors import InvalidInput

        with store.unit_of_work(A) as uow, pytest.raises(InvalidInput):
            uow.products.page(cursor=junk)

    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
    def test_text_that_nothing_can_hold_is_found_nowhere(self, store: Any, text: str) -> None:
        """NUL and half a character come in with an address."""
        from salespilots.domain.errors import NotFound

        with store.system_unit_of_work(read_only=True) as system:
            assert system.public_orders.find(token=text) is None
            assert system.connections.find(endpoint_token=text) is None
        with store.unit_of_work(A, read_only=True) as uow:
            assert uow.variants.find(sku=text, archived=False) is None
            with pytest.raises(NotFound):
                uow.products.get(text)

    # --- stock ---------------------------------------------------------------------------------------------

    @pytest.fixture
    def stocked(self, store: Any) -> Any:
        """Five pieces of one variant."""
        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.variants.add(self.variant())
            uow.stock.move([self.movement("receive", 5, 0, "first")])
            uow.commit()
        return store

    def level(self, store: Any) -> tuple[int, int, int]:
        """(on hand, reserved, available)."""
        with store.unit_of_work(A, read_only=True) as uow:
            level = uow.stock.levels(["var_one00000"])["var_one00000"]
        return level.on_hand, level.reserved, level.available

    def test_stock_moves_and_never_below_what_is_promised(self, stocked: Any) -> None:
        """Reserve, refuse, ship."""
        from salespilots.domain.errors import OutOfStock

        with stocked.unit_of_work(A) as uow:
            uow.stock.move([self.movement("reserve", 0, 3, "r1")])
            uow.commit()
        assert self.level(stocked) == (5, 3, 2)
        for wrong in (
            self.movement("reserve", 0, 3, "r2"),
            self.movement("damaged", -3, 0, "d1"),
            self.movement("release", 0, -4, "x1"),
        ):
            with stocked.unit_of_work(A) as uow, pytest.raises(OutOfStock):
                uow.stock.move([wrong])
        assert self.level(stocked) == (5, 3, 2)
        with stocked.unit_of_work(A) as uow:
            uow.stock.move([self.movement("ship", -3, -3, "s1")])
            uow.commit()
        assert self.level(stocked) == (2, 0, 2)

    def test_a_cause_counts_once(self, stocked: Any) -> None:
        """The same cause again changes nothing."""
        for expected in (True, False):
            with stocked.unit_of_work(A) as uow:
                assert uow.stock.move([self.movement("reserve", 0, 2, "same")]) is expected
                uow.commit()
        assert self.level(stocked) == (5, 2, 3)

    def test_the_level_is_the_sum_of_its_ledger(self, stocked: Any) -> None:
        """Also after refusals."""
        from salespilots.domain.errors import OutOfStock

        for number, (kind, on_hand, reserved) in enumerate(
            [("reserve", 0, 4), ("reserve", 0, 4), ("release", 0, -1), ("receive", 3, 0), ("ship", -2, -2)]
        ):
            try:
                with stocked.unit_of_work(A) as uow:
                    uow.stock.move([self.movement(kind, on_hand, reserved, f"n{number}")])
                    uow.commit()
            except OutOfStock:
                assert number == 1
        with stocked.unit_of_work(A) as uow:
            rows = uow.stock.movements("var_one00000")
        on_hand, reserved, _ = self.level(stocked)
        assert (on_hand, reserved) == (sum(one.on_hand_delta for one in rows), sum(one.reserved_delta for one in rows))

    # --- events, numbers -------------------------------------------------------------------------------------

    def test_events_are_numbered_without_gaps(self, store: Any) -> None:
        """A unit that rolls back takes no number."""
        from salespilots.domain.events import Event

        for number in range(4):
            with store.unit_of_work(A) as uow:
                uow.record(Event(type="order.placed", at=NOW, ids={"order_id": f"ord_{number}"}, data={"n": number}))
                uow.record(Event(type="stock.changed", at=NOW))
                if number != 1:
                    uow.commit()
        with store.unit_of_work(A) as uow:
            assert [one.seq for one in uow.events.after(0)] == [1, 2, 3, 4, 5, 6]
            assert [one.seq for one in uow.events.after(4)] == [5, 6]
            assert uow.events.after(2**70) == []
            assert uow.events.last_seq() == 6
            assert [one.data for one in uow.events.about("order_id", "ord_2")] == [{"n": 2}]
            assert [one.seq for one in uow.events.latest(["order.placed"], 2)] == [5, 3]

    def test_numbers_come_back_when_the_unit_fails(self, store: Any) -> None:
        """Order numbers have no gaps."""
        given = []
        for keep in (True, False, True):
            with store.unit_of_work(A) as uow:
                given.append(uow.next_number("order"))
                if keep:
                    uow.commit()
        assert given == [1001, 1002, 1002]
        with store.unit_of_work(B) as uow:
            assert uow.next_number("order") == 1001

    # --- inbox, lanes ----------------------------------------------------------------------------------------

    def test_the_inbox_keeps_each_event_once(self, store: Any) -> None:
        """Within a batch and over batches."""
        with store.system_unit_of_work() as system:
            assert [one.event_id for one in system.inbox.accept([self.row("1"), self.row("1"), self.row("2")])] == [
                "1",
                "2",
            ]
            system.commit()
        with store.system_unit_of_work() as system:
            assert [one.event_id for one in system.inbox.accept([self.row("2"), self.row("3")])] == ["3"]
            assert system.inbox.accept([]) == []
            system.commit()
        with store.unit_of_work(A) as uow:
            rows = uow.inbox.waiting("x:1:2")
            assert [one.event_id for one in rows] == ["1", "2", "3"]
            assert rows[0].payload == {"text": "नमस्ते 🙏"}

    def test_what_a_kept_event_tells_can_be_replaced(self, store: Any) -> None:
        """Of this lane and shop, done or not; the event stays known."""
        rows = [
            self.row("1"), self.row("2"), self.row("3", lane="x:1:9"), self.row("4", shop=B), self.row("5"),
        ]  # fmt: skip
        rows[0].received_at -= timedelta(days=1)
        with store.system_unit_of_work() as system:
            system.inbox.accept(rows)
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.inbox.done(uow.inbox.waiting("x:1:2")[1], NOW)
            kept = uow.inbox.kept("x:1:2", NOW)
            assert [one.event_id for one in kept] == ["2", "5"]
            uow.inbox.rewrite(kept[0], {"text": ""})
            uow.commit()
        with store.unit_of_work(B) as uow:
            uow.inbox.rewrite(kept[1], {"text": "theirs"})
            uow.commit()
        with store.system_unit_of_work() as system:
            assert system.inbox.accept([self.row("2")]) == []
        with store.unit_of_work(A, read_only=True) as uow:
            told = {one.event_id: one.payload["text"] for one in uow.inbox.kept("x:1:2", NOW - timedelta(days=1))}
            assert told == {"1": "नमस्ते 🙏", "2": "", "5": "नमस्ते 🙏"}
            assert [one.event_id for one in uow.inbox.waiting("x:1:2")] == ["1", "5"]

    def test_the_inbox_takes_thousands_at_once(self, store: Any) -> None:
        """Providers batch up to a thousand events; several batches may be written together."""
        rows = [self.row(str(number)) for number in range(2500)]
        with store.system_unit_of_work() as system:
            assert len(system.inbox.accept([*rows, *rows[:10]])) == 2500
            system.commit()

    def test_waiting_events_come_in_provider_order(self, store: Any) -> None:
        """Sorted by the provider's time, then by arrival; done and parked ones leave."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("late", sent=9), self.row("early", sent=1), self.row("middle", sent=5)])
            system.commit()
        with store.unit_of_work(A) as uow:
            rows = uow.inbox.waiting("x:1:2")
            assert [one.event_id for one in rows] == ["early", "middle", "late"]
            uow.inbox.done(rows[0], NOW)
            uow.inbox.park(rows[1], error="broken")
            uow.inbox.retry(rows[2], next_at=NOW + timedelta(seconds=2), error="busy")
            uow.commit()
        with store.unit_of_work(A) as uow:
            [left] = uow.inbox.waiting("x:1:2")
            assert (left.event_id, left.attempts, left.error) == ("late", 1, "busy")
        with store.system_unit_of_work() as system:
            assert system.work.due_lanes(NOW) == []
            assert system.work.due_lanes(NOW + timedelta(seconds=3)) == ["x:1:2"]
            assert system.work.backlog(NOW + timedelta(seconds=3))["inbox_dead"] == 1

    def test_a_lane_has_one_holder(self, store: Any) -> None:
        """Claim, refuse, release, and the fence stops the old holder."""
        from salespilots.ports.work import LeaseLost

        minute = timedelta(minutes=1)
        with store.system_unit_of_work() as system:
            first = system.lanes.claim("l", "one", minute)
            assert system.lanes.claim("l", "two", minute) is None
            assert system.lanes.renew(first, minute) is True
            system.lanes.release(first)
            second = system.lanes.claim("l", "two", timedelta(0))
            third = system.lanes.claim("l", "three", minute)
            assert first.fence < second.fence < third.fence
            assert system.lanes.renew(second, minute) is False
            system.lanes.release(second)
            assert system.lanes.claim("l", "four", minute) is None
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.hold(third)
            with pytest.raises(LeaseLost):
                uow.hold(second)

    def test_throttle_counts_within_its_window(self, store: Any) -> None:
        """And starts again after it."""
        window = timedelta(minutes=15)
        with store.system_unit_of_work() as system:
            assert [system.throttle.hit("k", now=NOW, window=window) for _ in range(3)] == [1, 2, 3]
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=16), window=window) == 1
            system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window)
            system.throttle.clear("k")
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window) == 1

    def test_every_unique_key_is_enforced(self, store: Any) -> None:
        """The declared list is what the store does."""
        from salespilots.domain.business import User

        with store.system_unit_of_work() as system:
            system.users.add(User(id="usr_aaaaaaaa", email="a@b.in", name="A", created_at=NOW))
            assert system.users.add_once(User(id="usr_bbbbbbbb", email="a@b.in", name="B", created_at=NOW)) is False


__all__ = ["StorageContract", "StorageHarness"]
