"""Counters and timings as Prometheus reads them."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from salespilots.services.stuck import Figures

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


GAUGES = {
    "inbox_new": "Events that wait to be handled",
    "inbox_dead": "Events that were given up and wait for a decision",
    "outbox_queued": "Messages that wait to leave or are being sent",
    "outbox_uncertain": "Sends of which nobody knows whether they arrived",
    "outbox_undecided": "Of those, sends that wait for a person to decide",
    "oldest_seconds": "Age of the oldest event that waits",
    "due_seconds": "How long the longest waiting event could have been handled",
    "lanes_held": "Lanes in the hands of a worker",
    "workers_alive": "Workers that were heard of just now",
    "last_sweep_seconds": "Time since any worker looked for work, +Inf when none did",
}
"""What the database knows (the worker is another process)."""


def render(figures: Figures) -> str:
    """This process's figures, and those of the whole installation."""
    last_sweep = math.inf if figures.last_sweep is None else figures.last_sweep
    values = {**figures.backlog, "workers_alive": float(figures.alive), "last_sweep_seconds": last_sweep}
    lines = [generate_latest(REGISTRY).decode()]
    for name, text in GAUGES.items():
        value = "+Inf" if values[name] == math.inf else f"{values[name]:.15g}"
        lines.append(f"# HELP salespilots_{name} {text}\n# TYPE salespilots_{name} gauge\nsalespilots_{name} {value}\n")
    return "".join(lines)
