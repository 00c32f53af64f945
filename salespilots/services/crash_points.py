"""Marked lines at which a test may kill or freeze the process: the proof that no line is special.

Nothing happens unless the environment names a folder (``SALESPILOTS_CRASH_DIR``). Whoever gets to a point and finds a
file of its name there takes the file away and ends at once, as with kill -9. So a test orders one death at one line,
of whichever process comes there first, by making a file, and knows that it happened when the file is gone.

A file named ``<point>.freeze`` stops the process instead, until somebody sends it SIGCONT: its number is then in
``<point>.frozen``.
"""

from __future__ import annotations

import os
import signal

POINTS = {
    "accept.before_commit": "a webhook is parsed, nothing is stored",
    "accept.after_commit": "a webhook is stored, no worker was woken, no answer given",
    "turn.before_commit": "events are understood and replies planned, nothing is kept",
    "turn.after_commit": "messages and runs are kept, the next call is noted and not made",
    "step.called": "a provider answered a step, the answer is not kept",
    "send.accepted": "the channel took a message, we have not noted it",
    "look.answered": "the channel showed a chat, what that means is not kept",
    "settle.before_commit": "what a call brought is worked out, nothing is kept",
    "settle.after_commit": "what a call brought is kept, with what follows from it",
    "payment.claimed": "a payment row exists, no link was asked for",
    "payment.linked": "the provider made a link, we have not noted it",
}
"""Every point and what is true there. Tests check that each one is hit."""

_FOLDER = os.environ.get("SALESPILOTS_CRASH_DIR", "")


def crash_point(name: str) -> None:
    """Die or freeze here if a test ordered it."""
    if not _FOLDER:
        return
    if _taken(name):
        os.kill(os.getpid(), signal.SIGKILL)
    if _taken(f"{name}.freeze"):
        with open(os.path.join(_FOLDER, f"{name}.frozen"), "w") as file:
            file.write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


def _taken(order: str) -> bool:
    """Whether there was such an order: of those who come at once, one has it."""
    try:
        os.unlink(os.path.join(_FOLDER, order))
    except OSError:
        return False
    return True
