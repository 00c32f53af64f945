"""Programs' keys: shown once, stored as a hash, scoped, revocable."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta

from salespilots.domain.business import ApiKey
from salespilots.domain.errors import InvalidInput
from salespilots.services.accounts import token_hash
from salespilots.services.core import Core, retrying

RESOURCES = (
    "products", "imports", "waiting", "customers", "conversations", "messages", "orders", "payments", "workflows", "templates", "tags", "stats",
    "events",
)  # fmt: skip
SCOPES = tuple(f"{resource}:{verb}" for resource in RESOURCES for verb in ("read", "write"))
PREFIX = "sp_live_"

BELIEVED_SECONDS = 1.0
"""For so long a key that was looked up is believed; a key that is revoked in another process works no longer than that."""

MOST_BELIEVED = 1000


class ApiKeys:
    """Use cases on API keys."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._believed: dict[str, tuple[float, ApiKey | None]] = {}

    def add(self, business_id: str, *, name: str = "API key", scopes: Sequence[str] = ()) -> tuple[ApiKey, str]:
        """A key and its text, which cannot be read again."""
        wrong = [one for one in scopes if one not in SCOPES]
        if wrong:
            raise InvalidInput({"scopes": [f"Unknown scope {wrong[0]!r}. Choose of {', '.join(SCOPES)}."]})
        text = PREFIX + self._core.ids.token()
        key = ApiKey(
            id=self._core.ids.new("api_key"), business_id=business_id, name=name.strip()[:60] or "API key",
            key_hash=token_hash(text), hint=text[:12] + "…", created_at=self._core.clock.now(),
            scopes=list(dict.fromkeys(scopes)),
        )  # fmt: skip
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.api_keys.add(key)
            uow.commit()
        return key, text

    def all(self, business_id: str) -> list[ApiKey]:
        """Keys that work, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return [one for one in uow.api_keys.select(order="-created_at") if one.revoked_at is None]

    def revoke(self, business_id: str, key_id: str) -> None:
        """End a key: at once in this process, within `BELIEVED_SECONDS` in others."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                key = uow.api_keys.get(key_id)
                key.revoked_at = key.revoked_at or self._core.clock.now()
                uow.api_keys.save(key)
                uow.commit()

        retrying(use_case)
        self._believed = {}

    def believed(self, text: str) -> ApiKey | None:
        """A key that was looked up a moment ago and works."""
        until, key = self._believed.get(token_hash(text), (0.0, None))
        return key if self._core.clock.steady() < until else None

    def find(self, text: str) -> ApiKey | None:
        """The key a program shows, or None. Notes its use at most once a minute."""
        known, believed = self.believed(text), self._believed
        if known is not None:
            return known
        hashed, steady = token_hash(text), self._core.clock.steady()
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            key = system.api_keys.find(key_hash=hashed)
        if key is None or key.revoked_at is not None or not hmac.compare_digest(key.key_hash, hashed):
            return None
        now = self._core.clock.now()
        if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
            self._used(key)
        if len(believed) >= MOST_BELIEVED:
            believed.clear()
        believed[hashed] = (steady + BELIEVED_SECONDS, key)  # a revocation since the reading has begun another dict
        return key

    def _used(self, key: ApiKey) -> None:
        def use_case() -> None:
            with self._core.storage.unit_of_work(key.business_id) as uow:
                found = uow.api_keys.find(id=key.id)
                if found is not None:
                    found.last_used_at = self._core.clock.now()
                    uow.api_keys.save(found)
                    uow.commit()

        retrying(use_case)
