"""Practice shops to measure on: prepared once for each kind of database, copied for each part that wants a fresh one."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.postgres import DurablePostgres
from salespilots.services.container import Services
from tests.support.product import Product

PIECES = 1_000_000
SHOPS = 16
"""Shops that share the load."""

SHOP_RATE = 25
"""Questions a second that one shop gets at most; a higher rate is spread over several. Two messages answer each, and an
account of Meta may send 100 a second, of which each worker has its share."""


def account(number: int) -> str:
    """The Instagram account of shop ``number``."""
    return f"178414{number:011d}"


def accounts_for(rate: float) -> list[str]:
    """The accounts that share this many questions a second."""
    return [account(number) for number in range(min(SHOPS, max(1, -(-int(rate) // SHOP_RATE))))]


class Stage:
    """Shops in a database of one kind. ``server``: PostgreSQL; without it SQLite.

    The first `SHOPS` of ``shops`` share the load, the others are quiet. The first has an API ``key`` and a ``customer``
    for orders of "Hot item".
    """

    def __init__(self, folder: Path, *, shops: int = SHOPS, server: DurablePostgres | None = None) -> None:
        self.folder, self.server = folder, server
        self.kind = "PostgreSQL" if server else "SQLite"
        self._template = server.create() if server else ""
        self._copies = 0
        home = folder / "template"
        product = Product(home, database_url=server.url(self._template) if server else "")
        application = product.application()
        application.storage.migrate()
        for number in range(shops):
            self._open_shop(application.services, number)
        application.storage.close()
        self._home = home

    def _open_shop(self, services: Services, number: int) -> None:
        _, shop = services.accounts.add_owner(
            shop_name=f"Bench {number}", name="Bench", email=f"bench{number}@example.in", password="lotus river 42 sun"
        )
        services.demo.load(shop.id)
        token = f"IGAA-bench-{number}"
        services.connections.connect(shop.id, "instagram", {"account_id": account(number), "access_token": token})
        if number == 0:
            hot = {"title": "Hot item", "variants": [{"sku": "HOT", "price_paise": 100, "on_hand": PIECES}]}
            services.catalog.create(shop.id, hot)
            services.practice.say(shop.id, "sim-bench", "thanks", name="Bench")
            services.maintenance.drain_due()
            self.customer = services.customers.page(shop.id).items[0].id
            _, self.key = services.api_keys.add(shop.id)

    def copy(self, graph_url: str, **environ: str) -> Product:
        """A product with these shops in a data folder and a database of its own; its channel is at ``graph_url``."""
        self._copies += 1
        home = self.folder / f"copy{self._copies}"
        shutil.copytree(self._home, home)
        url = self.server.url(self.server.create(self._template)) if self.server else ""
        given = {"SALESPILOTS_INSTAGRAM_GRAPH_URL": graph_url, "SALESPILOTS_LOG": "error", **environ}
        return Product(home, database_url=url, environ=given)
