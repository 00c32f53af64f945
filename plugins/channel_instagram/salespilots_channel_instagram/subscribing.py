"""Which events Meta delivers for an account.

Source of a protocol fact: Meta, "Set up Webhooks Subscriptions"; its error text of 2026 lists the names that are taken. One
name that is not taken, or not ticked in the app's dashboard, fails the whole call: so the core set goes in one call, and
the others one at a time.
"""

from __future__ import annotations

from typing import Any

from salespilots.ports.channel_account import Subscription
from salespilots.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable
from salespilots_channel_instagram.account_client import AccountClient

CORE = ("messages", "messaging_postbacks")
EXTRAS = (
    "comments", "messaging_seen", "message_reactions", "message_edit", "messaging_referral", "live_comments",
    "messaging_handover", "standby",
)  # fmt: skip
"""What each brings stands in the README; ``comments`` needs a permission of its own and an approved app."""

NOT_TICKED = "Not ticked for the app in Meta's dashboard, or the app may not have it yet."


def subscribe(graph: AccountClient) -> Subscription:
    """Ask for everything, field by field; says what Meta has afterwards. Raises a `PortError` without the core set."""
    graph.put("me", "subscribed_apps", subscribed_fields=",".join(CORE))
    taken, failed = list(CORE), dict[str, str]()
    for name in EXTRAS:
        try:
            # What was asked for is replaced by each call, so it stands in front again.
            graph.put("me", "subscribed_apps", subscribed_fields=",".join((*taken, name)))
            taken.append(name)
        except Rejected as error:
            failed[name] = error.user_action or NOT_TICKED
        except (Unavailable, RateLimited):
            failed[name] = "Instagram did not answer; it is tried again with the next check."
        except AuthFailed as error:
            failed[name] = error.user_action or "Connect again."
    if failed:  # a call that failed half-way may have left less
        graph.put("me", "subscribed_apps", subscribed_fields=",".join(taken))
    return Subscription(fields=tuple(taken), failed=failed)


def unsubscribe(graph: AccountClient) -> None:
    """Ask for nothing any more."""
    graph.delete("me", "subscribed_apps")


def subscribed(answer: Any) -> tuple[str, ...] | None:
    """The fields in an answer to GET ``subscribed_apps``: names, or objects with a name. None when the account is not
    subscribed at all; empty when it is and Meta does not say to what."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not rows:
        return None
    names: list[str] = []
    for row in rows:
        for one in (row.get("subscribed_fields") or ()) if isinstance(row, dict) else ():
            name = one.get("name") if isinstance(one, dict) else one
            if isinstance(name, str):
                names.append(name)
    return tuple(dict.fromkeys(names))
