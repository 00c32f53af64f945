"""The storage contract's part for several rows that are written together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from salespilots.ports.storage import Where

from .storage_work import NOW, A, B, WorkContract

IDS = tuple(f"prd_{number:08d}" for number in range(5))


class RowsContract(WorkContract):
    """Part of `StorageContract`."""

    def product(self, id: str = "prd_one00000", shop: str = A, **more: Any) -> Any:
        """A product row."""
        from salespilots.domain.catalog import Product

        return Product(id=id, business_id=shop, title="Blue saree", created_at=NOW, updated_at=NOW, **more)

    def fill(self, store: Any, **more: Any) -> None:
        """Five products."""
        with store.unit_of_work(A) as uow:
            for id in IDS:
                uow.products.add_new(self.product(id, **more))
            uow.commit()

    @pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", 'a"b\\', "{}", "[]", "%(shop)s :rows ?", "नीली साड़ी 👗"])
    def test_words_come_back_as_they_were(self, store: Any, text: str) -> None:
        """Also those that look like part of a query or of JSON, new or changed."""
        self.fill(store, description=text, keywords=[text, text])
        with store.unit_of_work(A) as uow:
            for one in map(uow.products.get, IDS):
                assert (one.description, one.keywords) == (text, [text, text])
                one.category, one.keywords = text, [text]
                uow.products.save(one)
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            found = uow.products.select(order="id")
        assert [(one.category, one.keywords, one.version) for one in found] == [(text, [text], 1)] * len(IDS)

    def test_several_rows_come_back_as_they_were(self, store: Any) -> None:
        """Each kind of value, as it was added and as it was changed."""
        from salespilots.domain.catalog import ProductState

        self.fill(store, practice=True, state=ProductState.DRAFT)
        later = NOW + timedelta(microseconds=1)
        with store.unit_of_work(A) as uow:
            for number, one in enumerate(map(uow.products.get, IDS)):
                assert (one.practice, one.state, one.created_at) == (True, ProductState.DRAFT, NOW)
                one.practice, one.state, one.gst_rate = False, ProductState.LIVE, 2**53 + number
                one.updated_at, one.images = later, []
                uow.products.save(one)
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            found = uow.products.select(order="id")
        kept = [(one.practice, one.state, one.gst_rate, one.updated_at, one.images) for one in found]
        assert kept == [(False, ProductState.LIVE, 2**53 + number, later, []) for number in range(len(IDS))]

    def test_a_case_of_a_workflow_has_its_name_once(self, store: Any) -> None:
        """And comes back as it was kept; another workflow may have one of the same name."""
        from salespilots.domain.errors import Conflict
        from salespilots.domain.workflow import Workflow
        from salespilots.domain.workflow_case import WorkflowCase

        def case(id: str, workflow_id: str, shop: str = A) -> WorkflowCase:
            return WorkflowCase(
                id=id, business_id=shop, workflow_id=workflow_id, name="Price", created_at=NOW, updated_at=NOW,
                script={"inputs": [{"text": "कितने का है?"}]}, expected={"says": ["₹"]}, customer_id="cus_one00000",
            )  # fmt: skip

        with store.unit_of_work(A) as uow:
            for id in ("wfl_one00000", "wfl_two00000"):
                uow.workflows.add(Workflow(id=id, business_id=A, name="W", created_at=NOW, updated_at=NOW))
            uow.cases.add(case("cas_one00000", "wfl_one00000"))
            uow.cases.add(case("cas_two00000", "wfl_two00000"))
            with pytest.raises(Conflict):
                uow.cases.add(case("cas_three000", "wfl_one00000"))
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.cases.get("cas_one00000") == case("cas_one00000", "wfl_one00000")
            assert len(uow.cases.select(Where("customer_id", "eq", "cus_one00000"))) == 2
            uow.cases.remove(uow.cases.get("cas_one00000"))
            uow.commit()
        with store.unit_of_work(B, read_only=True) as uow:
            assert uow.cases.find(id="cas_two00000") is None

    def test_one_stale_row_of_several_takes_all_back(self, store: Any) -> None:
        """Two units read five rows; one of them changed one row before the other changes all."""
        from salespilots.domain.errors import StaleEntity

        self.fill(store)
        with store.unit_of_work(A, read_only=True) as uow:
            mine = [uow.products.get(id) for id in IDS]
        with store.unit_of_work(A) as uow:
            theirs = uow.products.get(IDS[2])
            theirs.title = "Theirs"
            uow.products.save(theirs)
            uow.commit()
        with pytest.raises(StaleEntity), store.unit_of_work(A) as uow:
            for one in mine:
                one.title = "Mine"
                uow.products.save(one)
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            assert {one.title for one in uow.products.select()} == {"Blue saree", "Theirs"}

    def customer(self, store: Any) -> Any:
        """A customer who has ordered once, kept."""
        from salespilots.domain.customer import Customer

        kept = Customer(id="cus_one00000", business_id=A, created_at=NOW, channel="fake", orders_count=1)
        with store.unit_of_work(A) as uow:
            uow.customers.add(kept)
            uow.commit()
        return kept

    def test_what_is_counted_is_never_saved(self, store: Any) -> None:
        """Who read a row before it was counted saves it afterwards; the unit that counts sees it at once."""
        early = self.customer(store)
        with store.unit_of_work(A) as uow:
            uow.customers.increase(early.id, orders_count=1, spent_paise=500)
            seen = uow.customers.get(early.id)
            assert (seen.orders_count, seen.spent_paise, seen.version) == (2, 500, early.version)
            uow.customers.increase(early.id, spent_paise=-100)
            seen.name = "Riya"
            uow.customers.save(seen)
            uow.commit()
        with store.unit_of_work(A) as uow:
            late = uow.customers.get(early.id)
            uow.customers.increase(late.id, orders_count=1)
            late.note, late.orders_count = "late", 70
            uow.customers.save(late)
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            found = uow.customers.get(early.id)
            assert [one.id for one in uow.customers.select(Where("orders_count", "gt", 2))] == [early.id]
        kept = (found.orders_count, found.spent_paise, found.name, found.note)
        assert kept == (3, 400, "Riya", "late")

    def test_counting_stays_in_its_shop_and_its_unit(self, store: Any) -> None:
        """Another shop's row, one that is not there, a unit that is left, a field that is not counted."""
        id = self.customer(store).id
        with store.unit_of_work(B) as uow:
            uow.customers.increase(id, orders_count=5)
            uow.customers.increase("cus_nobody00", orders_count=5)
            uow.commit()
        with store.unit_of_work(A) as uow:
            uow.customers.increase(id, orders_count=5)
        with store.unit_of_work(A) as uow, pytest.raises(ValueError, match="not counted"):
            uow.customers.increase(id, version=1)
        with store.unit_of_work(A, read_only=True) as uow:
            assert uow.customers.get(id).orders_count == 1

    def test_many_count_at_once_and_nobody_repeats(self, store: Any) -> None:
        """Sixteen at the same moment, each of whom has read the row first."""
        import threading

        id = self.customer(store).id
        start, failed = threading.Barrier(16), list[Exception]()

        def count() -> None:
            start.wait(10)
            try:
                with store.unit_of_work(A) as uow:
                    uow.customers.get(id)
                    uow.customers.increase(id, orders_count=1)
                    uow.commit()
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=count) for _ in range(16)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        with store.unit_of_work(A, read_only=True) as uow:
            assert (uow.customers.get(id).orders_count, failed) == (17, [])

    def test_rows_known_already_come_in_the_order_of_their_ids(self, store: Any) -> None:
        """Asked for by their ids, read or changed before, some or all of them."""
        from salespilots.ports.storage import one_of

        self.fill(store)
        with store.unit_of_work(A) as uow:
            for id in (IDS[3], IDS[1]):
                one = uow.products.get(id)
                one.title = "Changed"
                uow.products.save(one)
            for wanted in ([IDS[3], IDS[1]], [IDS[3], IDS[1], IDS[1]], [IDS[4], IDS[3], "prd_none0000"]):
                found = [(one.id, one.title) for one in uow.products.select(one_of("id", wanted))]
                there = sorted({*wanted} - {"prd_none0000"})
                assert found == [(id, "Changed" if id in (IDS[1], IDS[3]) else "Blue saree") for id in there]
            assert uow.products.select(one_of("id", [])) == []

    def test_a_limited_counter_stops_at_its_limit(self, store: Any) -> None:
        """Given back it can be claimed again, below nothing it does not go, and it is the shop's own."""
        with store.unit_of_work(A) as uow:
            assert [uow.claim("dsc_one", 2) for _ in range(3)] == [True, True, False]
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.claim("dsc_two", 1)
        with store.unit_of_work(A) as uow:
            assert uow.claim("dsc_two", 1), "what was rolled back is not used up"
            assert not uow.claim("dsc_one", 2)
            uow.give_back("dsc_one")
            assert uow.claim("dsc_one", 2)
            for _ in range(3):
                uow.give_back("dsc_one")
            assert uow.claim("dsc_one", 1)
            assert not uow.claim("dsc_none", 0)
            uow.commit()
        with store.unit_of_work(B) as uow:
            assert uow.claim("dsc_one", 1)

    def test_a_limited_counter_holds_among_many_at_once(self, store: Any) -> None:
        """Sixteen at the same moment for five."""
        import threading

        took: list[bool] = []
        start = threading.Barrier(16)

        def take() -> None:
            start.wait(10)
            with store.unit_of_work(A) as uow:
                got = uow.claim("dsc_hot", 5)
                uow.commit()
            took.append(got)

        threads = [threading.Thread(target=take) for _ in range(16)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        assert sorted(took) == [False] * 11 + [True] * 5
