"""The sweeper thread: what it still does must not outlive its worker's leaving."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from salespilots.presence import Presence
from salespilots.tasks.sweeper import Sweeper
from tests.support.shop import World


def test_a_worker_that_leaves_during_a_sweep_is_not_listed_afterwards(
    make_world: Callable[..., World], database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = make_world(database_url).services
    workforce, telling, left = services.workforce, threading.Event(), threading.Event()
    tell, leave = workforce.tell, workforce.leave

    def slow_tell(me: Any) -> int:
        telling.set()
        left.wait(0.5)  # whoever does not wait for this sweep has left by then
        return tell(me)

    def noted_leave(worker_id: str) -> int:
        freed = leave(worker_id)
        left.set()
        return freed

    monkeypatch.setattr(workforce, "tell", slow_tell)
    monkeypatch.setattr(workforce, "leave", noted_leave)
    crew: Any = SimpleNamespace(
        keep=lambda: None,
        offer=lambda pairs: 0,
        askers=SimpleNamespace(ask=lambda *_: None),
        hungry=True,
        jobbers=SimpleNamespace(ask=lambda *_: None),
    )
    sweeper = Sweeper(services, crew, Presence(tmp_path, services.turns.owner))
    sweeper.start()
    assert telling.wait(30)
    sweeper.stop()
    sweeper.leave()
    sweeper.join(30)
    assert workforce.all() == []
