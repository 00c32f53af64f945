"""What a campaign plays on: a connected practice shop in a data folder, with Instagram and Razorpay as processes that
survive and keep the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from salespilots.testing.delivery import History
from salespilots.testing.twin_client import TwinProcess
from tests.support.product import APP_SECRET, Product

ACCOUNT, TOKEN = "17841400000000042", "IGAA-soak-token"
KEY_ID, KEY_SECRET, HOOK_SECRET = "rzp_test_soak", "soak-key-secret", "soak-hook-secret"
PIECES = 1_000_000
ENDURING = "100000"
"""Tries of a webhook: the real providers go on for a day."""


@dataclass
class Stage:
    """Everything but the processes under test."""

    product: Product
    graph: TwinProcess
    razorpay: TwinProcess
    history: History
    shop_id: str

    @property
    def webhook_url(self) -> str:
        """Where Instagram posts."""
        return f"{self.product.url}/webhooks/channel/instagram"


@contextmanager
def stage(
    folder: Path,
    *,
    database_url: str = "",
    queue_url: str = "",
    drop_echoes: float = 0.05,
    echo_ms: int = 50,
    environ: dict[str, str] | None = None,
) -> Iterator[Stage]:
    """Set it up in ``folder``, and take it down."""
    folder.mkdir(parents=True, exist_ok=True)
    history = History(folder / "history.jsonl")
    keys = {"SALESPILOTS_SECRET_KEYS": Fernet.generate_key().decode()}
    product = Product(
        folder / "shop", database_url=database_url, queue_url=queue_url, environ={**keys, **(environ or {})}
    )
    instagram = TwinProcess(
        "salespilots_channel_instagram.twin", "--app-secret", APP_SECRET, "--account-id", ACCOUNT, "--echoes",
        "--webhook-url", f"{product.url}/webhooks/channel/instagram", "--retries", ENDURING,
        "--drop-echoes", str(drop_echoes), "--history", str(folder / "history.jsonl"),
    )  # fmt: skip
    razorpay = TwinProcess(
        "salespilots_payments_razorpay.twin", "--key-id", KEY_ID, "--key-secret", KEY_SECRET, "--webhook-secret",
        HOOK_SECRET, "--retries", ENDURING,
    )  # fmt: skip
    with instagram as graph:
        product.environ["SALESPILOTS_INSTAGRAM_GRAPH_URL"] = graph.url
        graph.call("/__echo", {"delay_ms": echo_ms})
        shop_id, hook = _open_shop(product)
        razorpay._command = [*razorpay._command, "--webhook-url", hook]
        with razorpay as money:
            product.environ["SALESPILOTS_RAZORPAY_URL"] = money.url
            try:
                yield Stage(product, graph, money, history, shop_id)
            finally:
                history.close()
                product.application().storage.close()


def _open_shop(product: Product) -> tuple[str, str]:
    """(shop id, address of its payment webhooks): a shop whose stock never ends."""
    application = product.application()
    application.storage.migrate()
    services = application.services
    _, shop = services.accounts.add_owner(
        shop_name="Soak", name="Soak", email="soak@example.in", password="lotus river 42 sun"
    )
    services.demo.load(shop.id)
    for detail in services.catalog.page(shop.id, limit=200).items:
        for variant in detail.variants:
            services.stockroom.move(shop.id, detail.product.id, sku=variant.sku, delta=PIECES, reason="receive")
    services.connections.connect(shop.id, "instagram", {"account_id": ACCOUNT, "access_token": TOKEN})
    razorpay = services.connections.connect(
        shop.id, "razorpay", {"key_id": KEY_ID, "key_secret": KEY_SECRET, "webhook_secret": HOOK_SECRET}
    )
    return shop.id, services.connections.webhook_url(razorpay) or ""
