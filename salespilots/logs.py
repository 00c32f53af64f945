"""structlog over the standard logging: one line per event, text or JSON, secrets and words left out."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from salespilots.config import Config

HIDDEN = frozenset(
    {"text", "body", "password", "token", "access_token", "key_secret", "api_key", "phone", "email", "name"}
)
"""Keys whose values never reach a log line, whoever passes them."""
TRACE_LINES = 200
SELDOM_SECONDS = 30.0


def hide(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what must not be written, and control characters in the rest."""
    for key, value in event.items():
        if key in HIDDEN:
            event[key] = "hidden"
        elif isinstance(value, str) and not value.isprintable() and key != "exception":
            event[key] = value.encode("unicode_escape").decode()
    return event


def places(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The exception as types and places only: its message and its local values may hold a customer's words."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    lines: list[str] = []
    while isinstance(error, BaseException) and len(lines) < TRACE_LINES:
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        lines += [f"  {one.filename}:{one.lineno} in {one.name}" for one in traceback.extract_tb(error.__traceback__)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        event["exception"] = "\n".join(lines)
    return event


class QueueSpeaksSeldom(logging.Filter):
    """Each thing that the queue's library says passes once in half a minute, without its traceback: a queue that is away
    costs seconds and loses nothing, and it is said at every try."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written."""
        if not record.name.startswith("huey"):
            return True
        now = time.monotonic()
        if now - self._said.get(record.msg, -SELDOM_SECONDS) < SELDOM_SECONDS:
            return False
        self._said[record.msg] = now
        record.exc_info = record.exc_text = None
        return True


def configure(config: Config) -> None:
    """Set up logging for this process."""
    level = getattr(logging, config.log.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide,
        places,
    ]
    if config.log_format == "json":
        render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render], foreign_pre_chain=shared
        )
    )
    handler.addFilter(QueueSpeaksSeldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "httpx2", "urllib3", "huey", "alembic", "openai"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
