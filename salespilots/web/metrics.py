"""Timings of this process, and what the database knows of all, as Prometheus reads them."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from salespilots.services.stuck import Figures

REGISTRY = CollectorRegistry()
_REQUESTS = Histogram(
    "salespilots_request_seconds", "Time to answer a request", ["route", "status"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip


class PrometheusMetrics:
    """See `salespilots.ports.runtime.Metrics`."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note a duration."""
        if name == "request_seconds":
            _REQUESTS.labels(**labels).observe(seconds)


GAUGES = {
    "inbox_new": "Events that wait to be handled",
    "inbox_dead": "Events that were given up and wait for a decision",
    "outbox_queued": "Messages that wait to leave or are being sent",
    "outbox_uncertain": "Sends of which nobody knows whether they arrived",
    "outbox_undecided": "Of those, sends that wait for a person to decide",
    "oldest_seconds": "Age of the oldest event that waits",
    "due_seconds": "How long the longest waiting event could have been handled",
    "outbox_due_seconds": "How long the longest waiting message could have left",
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
