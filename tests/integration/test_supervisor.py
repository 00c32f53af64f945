"""The process that watches web and worker, told to stop at any moment."""

from __future__ import annotations

import subprocess
import sys

EACH_LINE = """
import os, signal, sys
from salespilots import supervisor

supervisor._answers = lambda url: True
watch = supervisor.Supervisor._watch


def run(line):
    lines = iter(range(1, line))

    def trace(frame, event, argument):
        if event == "line" and next(lines, None) is None and not told:
            told.append(line)
            os.kill(os.getpid(), signal.SIGTERM)
        return trace

    def watched(self):
        sys.settrace(trace)
        sys._getframe().f_trace = trace
        watch(self)
        sys.settrace(None)

    told = []
    supervisor.Supervisor._watch = watched
    plan = {"web": [sys.executable, "-c", "import signal; signal.pause()"], "workers": 0, "local": "", "lines": []}
    code = supervisor.Supervisor(plan).run()
    sys.settrace(None)
    return code, told


for line in range(1, 20):
    assert run(line) == (0, [line]), line
print("stopped at every line")
"""


def test_a_signal_at_any_line_of_its_waiting_stops_it() -> None:
    """Python runs a handler between two lines, whatever lock the one before has taken."""
    done = subprocess.run([sys.executable, "-c", EACH_LINE], capture_output=True, text=True, timeout=60)
    assert done.stdout == "stopped at every line\n", done.stderr
