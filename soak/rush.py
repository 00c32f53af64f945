"""R-7: sixty-four buyers for ten pieces at the same moment, over HTTP; others cancel, pay, return, refund, count and let
expire meanwhile. After each round every piece is where the orders and the ledger say."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any

import httpx
import sqlalchemy as sa

from salespilots.bootstrap import Application, assemble
from salespilots.config import load_config
from salespilots.domain.order_states import HOLDS_STOCK
from salespilots.plugins.runtime import SystemClock
from soak.fleet import Fleet
from soak.stage import Stage

BUYERS, PIECES = 64, 10
SKUS = ("RUSH-A", "RUSH-B")
LATER = timedelta(minutes=31)
"""When the reservations of unpaid orders are over."""
FATES = ("return", "cancel", "refund", "pay", "cancel", "forget")


class LaterClock(SystemClock):
    """The clock of a machine for which that time has come."""

    def now(self) -> Any:
        return super().now() + LATER


@dataclass
class Rounds:
    """What came of them. ``wrong`` is empty or the promise is broken."""

    rounds: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Rush:
    """A shop with two hot products."""

    def __init__(self, stage: Stage, fleet: Fleet, *, seed: int = 1) -> None:
        self._stage, self._fleet, self._chance = stage, fleet, random.Random(seed)
        services = stage.product.application().services
        detail = services.catalog.create(
            stage.shop_id,
            {"title": "Rush", "variants": [{"sku": sku, "title": sku[-1], "price_paise": 50_000} for sku in SKUS]},
        )
        self._product = detail.product.id
        self._variants = {one.sku: one.id for one in detail.variants}
        _, key = services.api_keys.add(stage.shop_id)
        self._buyers = [services.customers.add(stage.shop_id, name=f"Buyer {number}").id for number in range(BUYERS)]
        limits = httpx.Limits(max_connections=BUYERS, max_keepalive_connections=BUYERS)
        self._http = httpx.Client(
            base_url=f"{stage.product.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60,
            trust_env=False, limits=limits,
        )  # fmt: skip
        self._later: Application = assemble(load_config(stage.product.environ), clock=LaterClock())
        self._engine = sa.create_engine(stage.product.application().config.database_url)
        self.came = Rounds()
        self._lock = threading.Lock()
        self._sent = {"return": threading.Event(), "refund": threading.Event()}

    def close(self) -> None:
        """Let everything go."""
        self._http.close()
        self._later.storage.close()
        self._engine.dispose()

    # --- asking --------------------------------------------------------------------------------------------------

    def _post(self, what: str, path: str, body: dict[str, Any], allowed: Sequence[int], **headers: str) -> Any:
        answer = self._http.post(path, json=body, headers=headers)
        with self._lock:
            self.came.answers[f"{what} {answer.status_code}"] += 1
            if answer.status_code not in allowed:
                self.came.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.status_code < 300 else None

    def _stock(self, sku: str, delta: int, reason: str) -> bool:
        body = {"sku": sku, "delta": delta, "reason": reason}
        return self._post(f"stock {reason}", f"/products/{self._product}/stock", body, (200, 409)) is not None

    def _buy(self, number: int, key: str) -> dict[str, Any] | None:
        skus = SKUS if number % 2 else SKUS[::-1]
        body = {
            "customer_id": self._buyers[number % BUYERS], "payment_method": "razorpay",
            "lines": [{"sku": sku, "quantity": 1} for sku in skus],
        }  # fmt: skip
        return self._post("buy", "/orders", body, (201, 409), **{"Idempotency-Key": key})

    def _act(self, order: dict[str, Any], step: str, **body: Any) -> Any:
        return self._post(step, f"/orders/{order['id']}/{step}", body, (200, 409))

    # --- a round -------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Ten pieces of each come in; everybody wants one of each; then life goes on; then all is counted."""
        number = self.came.rounds = self.came.rounds + 1
        for sku in SKUS:
            self._stock(sku, PIECES, "receive")
        with ThreadPoolExecutor(BUYERS) as pool:
            bought = list(pool.map(lambda one: self._buy(one, f"{number}-{one}"), range(BUYERS)))
            orders = [one for one in bought if one]
            self._count(f"round {number}, after the rush")
            for sent in self._sent.values():
                sent.clear()
            fates = zip(orders, cycle(FATES), strict=False)
            jobs: list[Callable[[], Any]] = [lambda one=one, fate=fate: self._live(one, fate) for one, fate in fates]
            jobs += [lambda one=one: self._buy(one, f"{number}-{one}") for one in range(0, BUYERS, 8)]  # asked again
            jobs += [
                lambda one=one: self._buy(one, f"{number}-{one}-again") for one in range(BUYERS) if not bought[one]
            ]
            jobs += [lambda: self._stock(SKUS[0], 2, "receive"), lambda: self._stock(SKUS[1], 2, "receive")]
            jobs += [
                lambda: self._at_the_counter(SKUS[0], "sold_elsewhere"),
                lambda: self._at_the_counter(SKUS[1], "damaged"),
            ]
            self._chance.shuffle(jobs)
            list(pool.map(lambda job: job(), [*jobs, self._time_passes, self._time_passes]))
        self._count(f"round {number}, after everything")
        self._time_passes(0)
        self._count(f"round {number}, at its end", ended=True)
        self._clear()

    def _live(self, order: dict[str, Any], fate: str) -> None:
        """What becomes of an order."""
        if fate == "cancel":
            for _ in range(2):
                self._act(order, "cancel")
        elif fate != "forget":
            received = {"method": "cash", "amount_paise": order["total_paise"]}
            if self._act(order, "confirm", received=received) is None or fate == "pay":
                return
            self._act(order, "ship", courier="Delhivery", tracking_number=order["number"])
            self._sent[fate].set()
            for _ in range(2):
                if fate == "return":
                    self._act(order, "return", restock=True)
                else:
                    self._post(
                        "refund", f"/orders/{order['id']}/refund",
                        {"amount_paise": order["total_paise"], "reason": "late", "restock": True}, (200, 409),
                        **{"Idempotency-Key": f"refund-{order['id']}"},
                    )  # fmt: skip

    def _at_the_counter(self, sku: str, reason: str) -> None:
        """A piece goes another way, as soon as one is free."""
        for _ in range(20):
            if self._stock(sku, -1, reason):
                return

    def _time_passes(self, patience: float = 10) -> None:
        """Another worker, for which the reservations are over as soon as somebody's parcels are gone."""
        for sent in self._sent.values():
            sent.wait(patience)
        self._later.services.maintenance.sweep(lambda lane: None)

    def _clear(self) -> None:
        """What is left on the shelf goes, so that the next round begins with ten."""
        for sku, level in self._levels().items():
            if level[0] - level[1] > 0:
                self._stock(sku, level[1] - level[0], "adjust")

    # --- counting, past the product --------------------------------------------------------------------------------

    def _rows(self, query: str, **values: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(sa.text(query), values))

    def _levels(self) -> dict[str, tuple[int, int]]:
        query = "SELECT variant_id, on_hand, reserved FROM stock_levels WHERE variant_id IN (:a, :b)"
        found = {id: (on_hand, reserved) for id, on_hand, reserved in self._rows(query, **self._ids())}
        return {sku: found[id] for sku, id in self._variants.items()}

    def _ids(self) -> dict[str, str]:
        return {"a": self._variants[SKUS[0]], "b": self._variants[SKUS[1]]}

    def _count(self, when: str, *, ended: bool = False) -> None:
        services = self._stage.product.application().services
        with services.core.storage.unit_of_work(self._stage.shop_id, read_only=True) as uow:
            orders = [one for one in uow.orders.select() if any(line.sku in SKUS for line in one.lines)]
        ledger = self._rows(
            "SELECT variant_id, kind, sum(on_hand_delta), sum(reserved_delta) FROM stock_movements"
            " WHERE variant_id IN (:a, :b) GROUP BY variant_id, kind", **self._ids(),
        )  # fmt: skip
        for sku, (on_hand, reserved) in self._levels().items():
            moved = {kind: (shelf, promised) for id, kind, shelf, promised in ledger if id == self._variants[sku]}
            self._must(when, sku, on_hand >= reserved >= 0, f"{on_hand} on hand, {reserved} reserved")
            shelf, promised = (sum(one[place] for one in moved.values()) for place in (0, 1))
            self._must(when, sku, (shelf, promised) == (on_hand, reserved), f"the ledger says {shelf}, {promised}")
            held = sum(self._pieces(one, sku) for one in orders if one.state in HOLDS_STOCK)
            self._must(when, sku, held == reserved, f"orders hold {held}, reserved are {reserved}")
            received = sum(moved.get(kind, (0, 0))[0] for kind in ("receive", "adjust", "sold_elsewhere", "damaged"))
            sold = sum(self._pieces(one, sku) for one in orders if one.state == "shipped")
            self._must(when, sku, on_hand + sold == received, f"{on_hand} here, {sold} gone, {received} came")
            if ended:
                waiting = [one.number for one in orders if one.state == "placed"]
                self._must(when, sku, not waiting, f"not let go: {waiting}")
        numbers = sorted(one.number_value or 0 for one in orders)
        whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
        self._must(when, "numbers", whole, f"{len(numbers)} orders from {numbers[:1]} to {numbers[-1:]}")

    def _pieces(self, order: Any, sku: str) -> int:
        return sum(line.quantity for line in order.lines if line.sku == sku)

    def _must(self, when: str, what: str, holds: bool, words: str) -> None:
        if not holds:
            self.came.wrong.append(f"{when}, {what}: {words}")
