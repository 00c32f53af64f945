"""The storage contract's part for the stock ledger."""

from __future__ import annotations

from typing import Any

import pytest

from .storage_due import NOW, A


class StockContract:
    """Part of `StorageContract`, whose shops, products and variants it uses."""

    product: Any
    variant: Any

    def movement(self, kind: str, on_hand: int, reserved: int, cause: str, variant: str = "var_one00000") -> Any:
        """A line of the stock ledger."""
        from salespilots.domain.stock import MovementKind, StockMovement

        return StockMovement(
            id=f"mov_{cause}0000000"[:40], business_id=A, variant_id=variant, kind=MovementKind(kind),
            on_hand_delta=on_hand, reserved_delta=reserved, cause_key=cause, at=NOW,
        )  # fmt: skip

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
        for expected in ({"var_one00000": (5, 2)}, {}):
            with stocked.unit_of_work(A) as uow:
                levels = uow.stock.move([self.movement("reserve", 0, 2, "same")])
                assert {id: (one.on_hand, one.reserved) for id, one in levels.items()} == expected
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

    def test_several_lines_of_one_variant_count_together(self, stocked: Any) -> None:
        """Those that are new; the level is the one after all of them."""
        with stocked.unit_of_work(A) as uow:
            uow.stock.move([self.movement("reserve", 0, 1, "known")])
            levels = uow.stock.move(
                [self.movement("reserve", 0, 1, cause) for cause in ("one", "known", "two")]
                + [self.movement("receive", 2, 0, "three")]
            )
            assert {id: (one.on_hand, one.reserved) for id, one in levels.items()} == {"var_one00000": (7, 3)}
            uow.commit()
        assert self.level(stocked) == (7, 3, 4)
        with stocked.unit_of_work(A) as uow:
            assert len(uow.stock.movements("var_one00000")) == 5
            assert uow.stock.move([]) == {}

    def test_several_lines_that_are_too_many_together_are_short(self, stocked: Any) -> None:
        """None of them is kept; what was promised before is said."""
        from salespilots.domain.errors import OutOfStock

        with stocked.unit_of_work(A) as uow, pytest.raises(OutOfStock) as short:
            uow.stock.move([self.movement("reserve", 0, 2, cause) for cause in ("one", "two", "three")])
        assert short.value.details["available"] == 5
        assert self.level(stocked) == (5, 0, 5)
        with stocked.unit_of_work(A) as uow:
            assert len(uow.stock.movements("var_one00000")) == 1

    def test_what_comes_and_goes_at_once_counts_by_its_sum(self, stocked: Any) -> None:
        """In whatever order it stands, with a level and without; the very same line twice is one."""
        line = self.movement("receive", 5, 0, "more")
        with stocked.unit_of_work(A) as uow:
            levels = uow.stock.move([self.movement("reserve", 0, 8, "many"), line, line])
            assert (levels["var_one00000"].on_hand, levels["var_one00000"].reserved) == (10, 8)
            uow.variants.add(self.variant("var_two00000", sku="S2"))
            both = [("reserve", 0, 1, "ahead"), ("receive", 3, 0, "behind")]
            levels = uow.stock.move([self.movement(*one, variant="var_two00000") for one in both])
            assert (levels["var_two00000"].on_hand, levels["var_two00000"].reserved) == (3, 1)
            uow.commit()
        assert self.level(stocked) == (10, 8, 2)

    def test_first_lines_make_the_level(self, store: Any) -> None:
        """Several receipts of a variant that had none."""
        with store.unit_of_work(A) as uow:
            uow.products.add(self.product())
            uow.variants.add(self.variant())
            levels = uow.stock.move([self.movement("receive", 2, 0, cause) for cause in ("one", "two")])
            assert levels["var_one00000"].on_hand == 4
            uow.commit()
        assert self.level(store) == (4, 0, 4)

    def test_who_only_reads_writes_nothing(self, stocked: Any) -> None:
        """Whether it is refused or forgotten."""
        refused = None
        try:
            with stocked.unit_of_work(A, read_only=True) as uow:
                uow.stock.move([self.movement("receive", 2, 0, "one")])
        except Exception as error:
            refused = error
        assert not isinstance(refused, AssertionError)
        assert self.level(stocked) == (5, 0, 5)
