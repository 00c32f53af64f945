"""Which events Meta delivers for an account.

Source of a protocol fact: Meta, "Set up Webhooks Subscriptions"; its error text of 2026 lists the names that are taken. One
name that is not taken, or not ticked in the app's dashboard, fails the whole call: so what was taken before, or the core set,
goes in one call, and the others one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from salespilots.ports.channel_account import Subscription
from salespilots.ports.errors import AuthFailed, PortError, RateLimited, Rejected, Unavailable
from salespilots_channel_instagram.account_client import AccountClient

CORE = ("messages", "messaging_postbacks")
EXTRAS = (
    "comments", "messaging_seen", "message_reactions", "message_edit", "messaging_referral", "live_comments",
    "messaging_handover", "standby",
)  # fmt: skip
"""What each brings stands in the README; ``comments`` needs a permission of its own and an approved app."""

LATER = "Instagram did not answer; it is tried again with the next check."
NOT_TICKED = "Not ticked for the app in Meta's dashboard, or the app may not have it yet."


def subscribe(graph: AccountClient, known: Sequence[str] = (), *, restore: AccountClient | None = None) -> Subscription:
    """Ask for everything; says what Meta took last. Raises a `PortError` when not even that works which it begins with.

    Each call replaces what was asked for before, so it begins with what was taken the last time, ``known``, and then adds
    field by field: nothing is away in between. Only when that is refused it begins anew with the core set. ``restore``
    has time left for setting right what a call without an answer may have changed.
    """
    taken = _begin(graph, known)
    failed, later = dict[str, str](), list[str]()
    for name in (*CORE, *EXTRAS):
        if name in taken:
            continue
        try:
            graph.put("me", "subscribed_apps", subscribed_fields=",".join((*taken, name)))
            taken.append(name)
        except Rejected as error:
            failed[name] = error.user_action or NOT_TICKED
        except (Unavailable, RateLimited):
            failed[name] = LATER
            later.append(name)
        except AuthFailed as error:
            failed[name] = error.user_action or "Connect again."
    if failed:  # a call that failed half-way may have left less
        try:
            (restore or graph).put("me", "subscribed_apps", subscribed_fields=",".join(taken))
        except PortError:
            later = list(failed)
    order = [one for one in (*CORE, *EXTRAS) if one in taken]
    return Subscription(fields=tuple(order), failed=failed, later=tuple(later))


def _begin(graph: AccountClient, known: Sequence[str]) -> list[str]:
    """What is taken in one call."""
    before = [one for one in (*CORE, *EXTRAS) if one in known]
    if set(CORE) < set(before):
        try:
            graph.put("me", "subscribed_apps", subscribed_fields=",".join(before))
            return before
        except Rejected:
            pass  # a field was taken off the app, or a permission off the account
    graph.put("me", "subscribed_apps", subscribed_fields=",".join(CORE))
    return list(CORE)


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
