"""Counters and timings as Prometheus reads them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
_REQUESTS = Histogram(
    "salespilots_request_seconds", "Time to answer a request", ["route", "status"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
_SENDS = Histogram("salespilots_send_seconds", "Time of a send", ["provider"], registry=REGISTRY)
_INBOX = Counter("salespilots_inbox_rows", "Events handled", ["provider", "outcome"], registry=REGISTRY)
_OUTBOX = Counter("salespilots_outbox", "Sends settled", ["outcome"], registry=REGISTRY)


class PrometheusMetrics:
    """See `salespilots.ports.runtime.Metrics`."""

    def count(self, name: str, **labels: str) -> None:
        """Add one."""
        counter = {"inbox_rows_total": _INBOX, "outbox_total": _OUTBOX}.get(name)
        if counter is not None:
            counter.labels(**labels).inc()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note a duration."""
        histogram = {"request_seconds": _REQUESTS, "send_seconds": _SENDS}.get(name)
        if histogram is not None:
            histogram.labels(**labels).observe(seconds)


def render(backlog: dict[str, float]) -> str:
    """This process's figures, and the backlog as the database has it (the worker is another process)."""
    lines = [generate_latest(REGISTRY).decode()]
    for name, value in sorted(backlog.items()):
        lines.append(f"# TYPE salespilots_{name} gauge\nsalespilots_{name} {value:g}\n")
    return "".join(lines)
