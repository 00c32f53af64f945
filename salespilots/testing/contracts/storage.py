"""What every storage must do, whatever it is made of."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest

from .storage_purge import PurgeContract
from .storage_rows import RowsContract
from .storage_stock import StockContract
from .storage_work import NOW, A, B


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


class StorageContract(RowsContract, StockContract, PurgeContract):
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

    def variant(self, id: str = "var_one00000", shop: str = A, sku: str = "S1") -> Any:
        """A variant row of that product."""
        from salespilots.domain.catalog import Variant

        return Variant(id=id, business_id=shop, product_id="prd_one00000", sku=sku, price_paise=100)

    # --- units and collections -----------------------------------------------------------------------------

    def test_a_unit_needs_a_shop(self, store: Any) -> None:
        """There is no unscoped unit."""
        for nothing in ("", None):
            with pytest.raises((ValueError, TypeError)):
                store.unit_of_work(nothing).__enter__()

    def test_many_rows_are_added_at_once(self, store: Any) -> None:
        """Those that are there already are left alone."""
        from salespilots.domain.errors import NotFound

        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.products.add_many([self.product(), self.product("prd_two00000"), self.product("prd_three000")])
            uow.products.add_many([])
            assert len(uow.products.select()) == 3
            uow.commit()
        with store.unit_of_work(A) as uow, pytest.raises(NotFound):
            uow.products.add_many([self.product("prd_four0000", shop=B)])

    def test_new_rows_are_there_at_once_and_written_in_the_end(self, store: Any) -> None:
        """What is added and saved again is one row, parents and children in any table; a clash comes by the commit."""
        from salespilots.domain.errors import Conflict

        with store.unit_of_work(A) as uow:
            uow.products.add_new(self.product())
            uow.variants.add_new(self.variant())
            product = uow.products.get("prd_one00000")
            product.title = "Green saree"
            uow.products.save(product)
            assert uow.products.added == ["prd_one00000"]
            assert [one.title for one in uow.products.select()] == ["Green saree"]
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.products.get("prd_one00000").version == 1
            assert uow.variants.get("var_one00000").sku == "S1"
        with pytest.raises(Conflict), store.unit_of_work(A) as uow:
            uow.variants.add_new(self.variant("var_two00000"))
            uow.commit()

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
            assert ids(Where("keywords", "has", "Neeli")) == []
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
            assert uow.next_number("order", 3) == 1003
            assert uow.next_number("order") == 1004

    def test_every_unique_key_is_enforced(self, store: Any) -> None:
        """The declared list is what the store does."""
        from salespilots.domain.business import User

        with store.system_unit_of_work() as system:
            system.users.add(User(id="usr_aaaaaaaa", email="a@b.in", name="A", created_at=NOW))
            assert system.users.add_once(User(id="usr_bbbbbbbb", email="a@b.in", name="B", created_at=NOW)) is False


__all__ = ["StorageContract", "StorageHarness"]
