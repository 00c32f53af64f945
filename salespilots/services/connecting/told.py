"""What a connection's `facts` hold, read and written in one place. Times are ISO 8601 in UTC.

``login``: the account in the words of the provider's sign-in, and permissions. ``token``: since when, until when, how often
making it new failed. ``subscription``: the events that were taken, and what came of asking for more. ``checks``: the lines of
the last look. ``trouble``: the last refusal that concerns the account. ``menu``: what its chats offer. ``pending``: a sign-in
with another account that waits for a yes. ``past``: accounts before this one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.business import Connection
from salespilots.ports.channel_account import Check, Granted, Known, can

OFF = "off"
"""The state of a connection whose settings were forgotten. What is left says which account it was, for the provider's
request to delete what came from there; nobody sees it otherwise."""

RENEW_AGE = timedelta(days=7)
"""How old a token becomes before it is made new; the time of day is by chance, so that not all do it together."""
YOUNGEST = timedelta(hours=25)
"""Before that a provider refuses, and a token of unknown age is made new as soon as that."""
SPREAD = timedelta(days=1)
LIFE = timedelta(days=60)
"""Of a token that was pasted, at the most."""
WARN_DAYS = 10
HELD_FOR = timedelta(days=1)
"""How long another app's hold on a chat is worth telling."""


def when(value: Any) -> datetime | None:
    """A stored time, or None."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def part(connection: Connection | None, name: str) -> dict[str, Any]:
    """One of the parts above; empty when absent."""
    value = connection.facts.get(name) if connection is not None else None
    return value if isinstance(value, dict) else {}


def ends_at(connection: Connection | None) -> datetime | None:
    """When the token ends, or at the latest ends."""
    return when(part(connection, "token").get("ends"))


def days_left(connection: Connection | None, now: datetime) -> int | None:
    """Whole days until the token ends; None where nobody knows, or ends are no matter."""
    ends = ends_at(connection)
    return None if ends is None else max(0, (ends - now).days)


def expiring(connection: Connection | None, now: datetime) -> int | None:
    """The days left when that is few enough to be told, else None."""
    left = days_left(connection, now)
    usable = connection is not None and connection.enabled
    return left if usable and left is not None and left < WARN_DAYS else None


def next_renewal(now: datetime, ends: datetime | None, *, age_known: bool = True) -> datetime:
    """When a token that is new now is to be made new."""
    life = (ends - now) if ends else LIFE
    age = min(RENEW_AGE, life / 2) if age_known else YOUNGEST
    return now + max(age, min(YOUNGEST, life / 2)) + random.uniform(0, 1) * min(SPREAD, life / 8)  # noqa: S311 - spreads work


def token_facts(now: datetime, ends: datetime | None) -> dict[str, Any]:
    """Of a token that is new now."""
    return {"since": now.isoformat(), "ends": (ends or now + LIFE).isoformat(), "told": ends is not None}


def connected(
    provider: Any, before: Connection | None, granted: Granted | None, now: datetime, *, account_ref: str | None,
    new_token: bool,
) -> tuple[dict[str, Any], datetime | None]:  # fmt: skip
    """(facts, renew_at) of a connection that is being stored; ``before`` as it still is."""
    facts = dict(before.facts) if before else {}
    renew_at = before.renew_at if before else None
    past = list(facts.get("past") or ())
    if before is not None and before.account_ref and before.account_ref != account_ref:
        past.append({"account_ref": before.account_ref, "refs": refs_of(before)})
        facts = {}
    facts.pop("pending", None)
    if past:
        facts["past"] = past[-20:]
    if not new_token and granted is None:
        return facts, renew_at
    for name in ("checks", "trouble", "login"):
        facts.pop(name, None)
    if granted is not None:
        facts["login"] = login_facts(granted, now)
    if can(provider, "renew"):
        ends = granted.expires_at if granted else None
        facts["token"] = token_facts(now, ends)
        renew_at = next_renewal(now, ends, age_known=granted is not None)
    return facts, renew_at


def login_facts(granted: Granted, now: datetime) -> dict[str, Any]:
    """Of a sign-in."""
    return {
        "refs": list(granted.login_refs), "granted": None if granted.granted is None else list(granted.granted),
        "missing": list(granted.missing), "at": now.isoformat(), "name": granted.account_name,
    }  # fmt: skip


def refs_of(connection: Connection) -> list[str]:
    """Every name the provider may use for the account."""
    refs = part(connection, "login").get("refs") or ()
    return list(dict.fromkeys([*refs, *([connection.account_ref] if connection.account_ref else [])]))


def accounts_called(connection: Connection, ref: str) -> tuple[bool, list[str]]:
    """(whether ``ref`` is the account that is connected, every account of this connection, past ones too, it means)."""
    is_now = ref in refs_of(connection)
    accounts = [connection.account_ref] if is_now and connection.account_ref else []
    for one in connection.facts.get("past") or ():
        if ref == one.get("account_ref") or ref in (one.get("refs") or ()):
            accounts.append(one["account_ref"])
    return is_now, list(dict.fromkeys(accounts))


def known(connection: Connection, now: datetime) -> Known:
    """For a look by the provider."""
    login, trouble = part(connection, "login"), part(connection, "trouble")
    granted, at = login.get("granted"), when(trouble.get("at"))
    held = trouble.get("reason") == "other_app_owns_thread" and at is not None and now - at < HELD_FOR
    return Known(
        granted=tuple(granted) if isinstance(granted, list) else None,
        missing=tuple(login.get("missing") or ()),
        held_by_other=held,
    )


def lines(checks: Iterable[Check]) -> list[dict[str, str]]:
    """Checks as they are stored."""
    return [asdict(one) for one in checks]


def checks_in(facts: Mapping[str, Any]) -> list[Check]:
    """The lines of the last look."""
    rows = (facts.get("checks") or {}).get("lines") or ()
    return [Check(**row) for row in rows]


def shown(found: Connection | None) -> Connection | None:
    """A connection, unless its settings were forgotten."""
    return None if found is None or found.state == OFF else found


def forget(found: Connection) -> None:
    """Drop everything but which accounts it was."""
    past = list(found.facts.get("past") or ())
    if found.account_ref:
        past.append({"account_ref": found.account_ref, "refs": refs_of(found)})
    found.facts = {"past": past[-20:]} if past else {}
    found.values, found.secrets, found.secrets_set, found.account_ref = {}, None, [], None
    found.endpoint_token, found.enabled, found.state, found.last_error = None, False, OFF, None
    found.renew_at = None
