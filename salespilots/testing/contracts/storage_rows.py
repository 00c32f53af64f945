"""The storage contract's part for several rows that are written together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

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
