"""Marked lines at which a test may kill the process: the proof that no line is special.

Nothing happens unless the environment names a point (``SALESPILOTS_CRASH_POINT=name``): then the process ends at once,
as with kill -9, the first time it gets there.
"""

from __future__ import annotations

import os
import signal

POINTS = {
    "accept.before_commit": "webhook parsed, nothing stored",
    "accept.after_commit": "webhook stored, no worker woken, no answer given",
    "lane.claimed": "lane taken, nothing done",
    "interpret.before_commit": "event understood, nothing kept",
    "interpret.after_commit": "message stored, run started",
    "step.started": "a step that calls a provider is noted as started",
    "step.called": "the provider answered, the answer is not kept",
    "step.applied": "the step's effects are kept",
    "send.claimed": "a message is marked as being sent",
    "send.accepted": "the channel took it, we have not noted it",
    "send.settled": "the send is noted",
    "payment.claimed": "a payment row exists, no link asked for",
    "payment.linked": "the provider made the link, we have not noted it",
}
"""Every point and what is true there. A test checks that each one is hit."""


def crash_point(name: str) -> None:
    """Die here if the environment says so."""
    if os.environ.get("SALESPILOTS_CRASH_POINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
