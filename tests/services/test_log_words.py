"""What a crash leaves in the log: where it happened, never what a customer wrote."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from salespilots import logs
from salespilots.config import load_config


@pytest.fixture(autouse=True)
def _logging_put_back() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = kept, level
    structlog.reset_defaults()


def _crash(words: str) -> None:
    local = words.upper()
    raise ValueError(f"cannot read {words} {local}")


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("door", ["structlog", "logging"])
def test_a_traceback_holds_places_not_words(
    form: str, door: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(load_config({"SALESPILOTS_LOG_FORMAT": form, "SALESPILOTS_HOME": str(tmp_path)}))
    try:
        _crash("mera pata 12 gali")
    except ValueError as error:
        if door == "structlog":
            structlog.get_logger("crash").error("step.broken", exc_info=error)
        else:
            logging.getLogger("crash").exception("step.broken")
    written = capsys.readouterr().err
    assert "step.broken" in written
    assert "ValueError" in written
    assert "in _crash" in written
    assert "12 gali" not in written
    assert "12 GALI" not in written


def test_a_queue_that_is_away_is_said_once_in_half_a_minute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure(load_config({"SALESPILOTS_HOME": str(tmp_path)}))
    passed = [1000.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: passed[0])
    queue, ours = logging.getLogger("huey.consumer.Worker"), logging.getLogger("salespilots.other")
    for second in range(60):
        passed[0] = 1000.0 + second
        try:
            raise ConnectionError
        except ConnectionError:
            queue.exception("cannot read the queue")
        ours.error("something of ours")
    written = capsys.readouterr().err
    assert written.count("cannot read the queue") == 2
    assert written.count("something of ours") == 60
    assert "Traceback" not in written
    assert "ConnectionError" not in written
