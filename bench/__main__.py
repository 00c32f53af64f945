"""``python -m bench [--quick] [--out FILE]``: one table, and the same as JSON in ``bench/latest.json``."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import itertools
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.load import Outcome, closed, paced, percentile, request_bytes
from bench.memory import tree
from salespilots.supervisor import web_command
from salespilots.testing.twin_client import TwinProcess
from tests.support.postgres import free_port
from tests.support.product import APP_SECRET, Api, Product

ACCOUNT, TOKEN = "17841400000000042", "IGAA-bench"
CONNECTIONS, BUYERS, PIECES = 32, 16, 1_000_000
RATES = (5, 20)
LATEST = Path(__file__).parent / "latest.json"
_numbers = itertools.count(1)


def webhooks(path: str, run: str, text: str = "thanks") -> Iterator[bytes]:
    """Signed text messages, each of another customer."""
    while True:
        number = next(_numbers)
        item = {
            "sender": {"id": f"{run}{number}"}, "recipient": {"id": ACCOUNT}, "timestamp": int(time.time() * 1000),
            "message": {"mid": f"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE{run}{number:012d}ZD", "text": text},
        }  # fmt: skip
        entry = {"id": ACCOUNT, "time": item["timestamp"], "messaging": [item]}
        body = json.dumps({"object": "instagram", "entry": [entry]}, separators=(",", ":")).encode()
        made = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        yield request_bytes(path, body, {"X-Hub-Signature-256": f"sha256={made}"})


class Web:
    """A gunicorn process under the product's own settings."""

    def __init__(self, target: str, environ: dict[str, str], page: str) -> None:
        self.port = free_port()
        command = [*web_command("127.0.0.1", self.port)[:-1], target]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SALESPILOTS_")}
        started = time.monotonic()
        self._process = subprocess.Popen(command, env={**kept, **environ}, stderr=subprocess.DEVNULL)
        wait_for_page(f"http://127.0.0.1:{self.port}{page}", self._process)
        self.start_seconds = time.monotonic() - started

    def stop(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(40)


def wait_for_page(url: str, process: subprocess.Popen[Any], seconds: float = 90) -> None:
    """Until a page comes with 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise SystemExit(f"ended before it answered at {url}")
        try:
            with opener.open(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise SystemExit(f"no answer at {url}")


class Bench:
    """One run."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder, self.quick = folder, quick
        self.rounds, self.seconds, self.paced_seconds = (1, 1.0, 2) if quick else (3, 4.0, 10)
        self.figures: dict[str, Any] = {}
        self.rows: list[tuple[str, str, str, str]] = []

    def add(self, name: str, value: float, unit: str, bare: float | None = None, note: str = "") -> None:
        """A figure, with its ratio to the bare limit."""
        ratio = round(value / bare, 3) if bare else None
        self.figures[name] = {"value": value, "unit": unit, "bare": bare, "ratio_to_bare": ratio, "note": note}
        self.rows.append(
            (name, f"{value:g} {unit}", "" if bare is None else f"{bare:g} {unit}", f"{ratio:.2f}" if ratio else "")
        )

    def run(self) -> dict[str, Any]:
        """Measure everything."""
        with TwinProcess(
            "salespilots_channel_instagram.twin", "--app-secret", APP_SECRET, "--account-id", ACCOUNT
        ) as graph:
            shop = self.folder / "shop"
            product = Product(shop, environ={"SALESPILOTS_INSTAGRAM_GRAPH_URL": graph.url})
            key, customer = prepare(product)
            bare = Web("bench.bare:app", {"BENCH_DB": str(self.folder / "bare.db"), "BENCH_SECRET": APP_SECRET}, "/")
            alone = self.folder / "alone"
            shutil.copytree(shop, alone)
            web = Web("salespilots.web.app:wsgi()", {**product.environ, "SALESPILOTS_HOME": str(alone)}, "/signin")
            try:
                limit = self.intake(bare, web)
                base = paced(bare.port, webhooks("/webhook", "8"), rate=20, count=20 * 3)
            finally:
                web.stop()
                bare.stop()
            self.whole(product, graph, key, customer, limit, percentile(base.took, 0.5), bare.start_seconds)
        return self.figures

    def intake(self, bare: Web, web: Web) -> float:
        """Webhooks a second, in turns with the bare limit; returns the bare limit."""
        floors: list[Outcome] = []
        ours: list[Outcome] = []
        for number in range(self.rounds):
            for port, path, kept in ((bare.port, "/webhook", floors), (web.port, "/webhooks/channel/instagram", ours)):
                requests = webhooks(path, f"7{number}")
                closed(port, requests, seconds=0.4, connections=CONNECTIONS)
                kept.append(closed(port, requests, seconds=self.seconds, connections=CONNECTIONS))
        for one in (*floors, *ours):
            if one.good() != sum(one.statuses.values()):
                raise SystemExit(f"not all were accepted: {one.statuses}")
        limit = round(statistics.median(one.rate() for one in floors), 1)
        took = [value for one in ours for value in one.took]
        self.add("webhooks accepted", round(statistics.median(one.rate() for one in ours), 1), "/s", limit)
        floor_took = [value for one in floors for value in one.took]
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            self.add(f"webhook answered, {name}", percentile(took, share), "ms", percentile(floor_took, share))
        return limit

    def whole(
        self, product: Product, graph: TwinProcess, key: str, customer: str, limit: float, bare_ms: float, bare_start: float
    ) -> None:  # fmt: skip
        """Web and worker together."""
        started = time.monotonic()
        product.start()
        assert product.process is not None
        wait_for_page(f"{product.url}/signin", product.process)
        self.add("start to first page", round(time.monotonic() - started, 2), "s", round(bare_start, 2))
        try:
            time.sleep(2)
            self.memory(product, "at rest")
            warming = webhooks("/webhooks/channel/instagram", "6", "blue saree kitna hai?")
            warm = paced(product.port, warming, rate=5, count=20)
            assert warm.good() == 20, warm.statuses
            for rate in RATES:
                self.replies(product, graph, rate, bare_ms)
            self.orders(product, key, customer, limit)
            self.memory(product, "after the load")
        finally:
            code = product.stop()
        if code:
            raise SystemExit(f"the product ended with {code}: {product.log.read_text()[-1000:]}")

    def replies(self, product: Product, graph: TwinProcess, rate: int, bare_ms: float) -> None:
        """Time from when a price question is due to when its first reply reaches the stand-in."""
        run, count = f"5{rate:02d}", rate * self.paced_seconds
        moments: list[float] = []
        first = next(_numbers) + 1
        sent = paced(
            product.port, webhooks("/webhooks/channel/instagram", run, "blue saree kitna hai?"), rate=rate, count=count,
            due=lambda index, at: moments.append(at),
        )  # fmt: skip
        assert sent.good() == count, sent.statuses
        wanted = {f"{run}{first + index}": at for index, at in enumerate(moments)}
        ends = time.monotonic() + 60
        arrived: dict[str, float] = {}
        total = 0
        while time.monotonic() < ends and (len(arrived) < count or total < 2 * count):
            time.sleep(0.3)
            rows = [one for one in graph.state()["sent"] if one["recipient_id"] in wanted]
            total = len(rows)
            for one in reversed(rows):
                arrived[one["recipient_id"]] = one["at"]
        took = [arrived[who] - at for who, at in wanted.items() if who in arrived]
        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
            self.add(
                f"webhook to reply at {rate}/s, {name}", percentile(took, share), "ms", bare_ms if name == "p50" else None,
                f"{len(arrived)} of {count} answered, {total} sends",
            )  # fmt: skip
        if len(arrived) != count or total != 2 * count:
            raise SystemExit(f"{len(arrived)} of {count} were answered, by {total} messages instead of {2 * count}")

    def orders(self, product: Product, key: str, customer: str, limit: float) -> None:
        """Orders of one product by many buyers at once; the stock must fit to the piece."""
        body = json.dumps({"customer_id": customer, "lines": [{"sku": "HOT", "quantity": 1}]}).encode()
        wire = request_bytes("/api/v1/orders", body, {"Authorization": f"Bearer {key}"})
        requests = itertools.repeat(wire)
        warm = closed(product.port, requests, seconds=0.5, connections=BUYERS)
        outcome = closed(product.port, requests, seconds=self.seconds * 1.5, connections=BUYERS)
        placed = warm.good() + outcome.good()
        if placed != sum(warm.statuses.values()) + sum(outcome.statuses.values()):
            raise SystemExit(f"orders were refused: {warm.statuses} {outcome.statuses}")
        api = Api(product.url, key)
        variant = api.items("/products", q="Hot item")[0]["variants"][0]
        api.close()
        if (variant["on_hand"], variant["reserved"]) != (PIECES, placed):
            raise SystemExit(f"{placed} orders, but the stock says {variant}")
        self.add("orders on one product", round(outcome.rate(), 1), "/s", limit, f"stock exact after {placed} orders")
        self.add("order placed, p50", percentile(outcome.took, 0.5), "ms")
        self.add("order placed, p95", percentile(outcome.took, 0.95), "ms")

    def memory(self, product: Product, when: str) -> None:
        """Every process."""
        assert product.process is not None
        rows = tree(product.process.pid)
        for row in rows:
            self.rows.append((f"memory {when}: {row['process']}", f"{row['rss_mib']} MiB", "", ""))
        pss = round(sum(float(str(row["pss_mib"])) for row in rows), 1)
        self.figures[f"memory {when}"] = {"processes": rows, "pss_mib": pss}
        self.rows.append((f"memory {when}: all, shared pages once", f"{pss} MiB", "", ""))


def prepare(product: Product) -> tuple[str, str]:
    """A connected practice shop with one product that everybody wants: (API key, customer)."""
    application = product.application()
    application.storage.migrate()
    services = application.services
    _, shop = services.accounts.add_owner(
        shop_name="Bench", name="Bench", email="bench@example.in", password="lotus river 42 sun"
    )
    services.demo.load(shop.id)
    hot = {"title": "Hot item", "variants": [{"sku": "HOT", "price_paise": 100, "on_hand": PIECES}]}
    services.catalog.create(shop.id, hot)
    services.practice.say(shop.id, "sim-bench", "thanks", name="Bench")
    services.maintenance.drain_due()
    customer = services.customers.page(shop.id).items[0].id
    services.connections.connect(shop.id, "instagram", {"account_id": ACCOUNT, "access_token": TOKEN})
    _, key = services.api_keys.add(shop.id)
    application.storage.close()
    product.environ["SALESPILOTS_LOG"] = "error"
    return key, customer


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure on this machine.")
    parser.add_argument("--quick", action="store_true", help="windows of a second: does it run, not how fast")
    parser.add_argument("--out", type=Path, default=LATEST, help="where the figures go as JSON")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sp-bench-"))
    started, before = time.monotonic(), os.getloadavg()
    bench = Bench(folder, quick=given.quick)
    try:
        figures = bench.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = {
        "machine": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count(),
        "load_before": [round(one, 2) for one in before], "seconds": round(time.monotonic() - started, 1),
        "quick": given.quick, "connections": CONNECTIONS,
        "bare": "Flask, HMAC and one committed SQLite row (synchronous=FULL) under the same gunicorn settings",
    }  # fmt: skip
    given.out.write_text(json.dumps({"about": about, "figures": figures}, indent=1) + "\n")
    width = max(len(row[0]) for row in bench.rows)
    sys.stdout.write(f"{'':{width}}  {'SalesPilots':>14}  {'bare limit':>14}  ratio\n")
    for name, value, bare, ratio in bench.rows:
        sys.stdout.write(f"{name:{width}}  {value:>14}  {bare:>14}  {ratio:>5}\n")
    sys.stdout.write(
        f"\n{about['seconds']} s on {about['cores']} cores, load {before[0]:.1f} before. Trust the ratios, not the rates.\n"
    )


if __name__ == "__main__":
    main()
