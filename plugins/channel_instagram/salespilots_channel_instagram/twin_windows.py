"""The stand-in's reply windows, message tags, sender actions and limits of speed.

Off until asked for, so that a rehearsal of something else need not let every customer write first: ``POST /__windows
{"enforce": true, "human_agent": false}`` (the second: Meta has not approved late answers). ``POST /__limits {"private_per_hour": 750, "per_second": 100}`` makes it count (0: no limit).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from salespilots.testing.twin import Reply

DAY, WEEK = 86400, 7 * 86400
ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen", "react", "unreact"})
Refuse = Callable[[int, int, "int | None", str], Reply]


class Windows:
    """Who wrote when, and what may be sent to them."""

    def __init__(self, refuse: Refuse, now: Callable[[], float]) -> None:
        self._refuse, self._now = refuse, now
        self.enforce = False
        self.human_agent = True
        self.wrote: dict[tuple[str, str], float] = {}
        self.limits: dict[str, float] = {"private_per_hour": 0, "per_second": 0}
        self._sent: dict[tuple[str, str], deque[float]] = {}

    def heard(self, account: str, customer: str) -> None:
        """The customer wrote or tapped: the window opens."""
        self.wrote[account, customer] = self._now()

    def refusal(self, account: str, customer: str, body: dict[str, Any]) -> Reply | None:
        """Why a message may not be sent at this moment."""
        tag = body.get("tag")
        if tag is not None and (tag != "HUMAN_AGENT" or not self.human_agent):
            return self._refuse(400, 100, None, "(#100) This message tag is not allowed")
        if not self.enforce:
            return None
        since = self._now() - self.wrote.get((account, customer), float("-inf"))
        if since < DAY or (tag == "HUMAN_AGENT" and since < WEEK):
            return None
        return self._refuse(403, 10, 2534022, "This message is sent outside of allowed window.")

    def too_fast(self, account: str, *, private: bool) -> Reply | None:
        """Whether this send is one too many."""
        name, span = ("private_per_hour", 3600.0) if private else ("per_second", 1.0)
        limit = self.limits[name]
        if not limit:
            return None
        sent = self._sent.setdefault((account, name), deque())
        while sent and sent[0] <= self._now() - span:
            sent.popleft()
        if len(sent) >= limit:
            reply = self._refuse(400, 613, 2534040, "Calls to this api have exceeded the rate limit")
            reply.headers["X-Business-Use-Case-Usage"] = (
                f'{{"{account}":[{{"type":"messenger","call_count":100,"estimated_time_to_regain_access":1}}]}}'
            )
            return reply
        sent.append(self._now())
        return None


def action_of(body: dict[str, Any]) -> tuple[str, str]:
    """(sender action, what is wrong with it)."""
    action = body.get("sender_action")
    if action is None:
        return "", ""
    if "message" in body:
        return "", "message and sender_action cannot be combined"
    if action not in ACTIONS:
        return "", "unknown sender_action"
    if action in ("react", "unreact") and not (body.get("payload") or {}).get("message_id"):
        return "", "a reaction needs a message_id"
    return str(action), ""
