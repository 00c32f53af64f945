"""gunicorn's configuration: one process, many threads; live streams let go at once when it stops."""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

from gunicorn.glogging import Logger


class QuietLogger(Logger):
    """Says nothing more about an application that said in one line why it does not start."""

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """All but gunicorn's own account of exit code 4."""
        said = msg % args if args else msg
        self._halting = getattr(self, "_halting", False) or "exited with code 4" in said
        if not self._halting:
            super().error(msg, *args, **kwargs)


logger_class = QuietLogger
worker_class = "gthread"
workers = int(os.environ.get("SALESPILOTS_WEB_PROCESSES", "1"))
threads = 96
keepalive = 10
timeout = 60
graceful_timeout = 10
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 100
forwarded_allow_ips = ""


def post_worker_init(worker: Any) -> None:
    """Tell open streams to end before waiting for them. What was loaded is no garbage and is not looked at again."""
    gc.freeze()
    from salespilots.web.streams import STOPPING

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)

        def stop(signum: int, frame: Any, before: Any = before) -> None:
            STOPPING.set()
            if callable(before):
                before(signum, frame)

        signal.signal(number, stop)
