"""Calling a shop's own address from a workflow: JSON, signed, and never an address of this network."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from salespilots.domain.business import Business
from salespilots.ports.errors import Rejected
from salespilots.services.core import Core, retrying

SEALED = "signing_secret"
"""Under which name a shop's sealed secret is kept among its rules of automation."""

MAX_ANSWER = 64 * 1024
MAX_BODY = 64 * 1024


def signature(secret: str, at: int, body: bytes) -> str:
    """``t=<Unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">``: what a receiver works out to know that it was us."""
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, sha256).hexdigest()}"


def signing_secret(core: Core, business_id: str) -> str:
    """The secret that a shop's calls are signed with, made when it is first asked for."""

    def use_case() -> str:
        with core.storage.unit_of_work(business_id) as uow:
            shop = uow.shop()
            kept = _opened(core, shop)
            if kept:
                return kept
            made = core.ids.token()
            shop.automation = {**shop.automation, SEALED: core.vault.seal(shop.id, SEALED, {"secret": made})}
            uow.save_shop(shop)
            uow.commit()
        return made

    return retrying(use_case)


def _opened(core: Core, shop: Business) -> str:
    sealed = shop.automation.get(SEALED)
    return str(core.vault.open(shop.id, SEALED, sealed)["secret"]) if sealed else ""


def call(core: Core, business_id: str, key: str, url: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """POST ``body`` and read what comes back: (status, the JSON object or nothing). ``key`` is the same each time the step is
    tried again. Raises a `PortError`."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > MAX_BODY:
        raise Rejected(provider="address", reason="too_large")
    at = int(core.clock.now().timestamp())
    headers = {
        "Content-Type": "application/json", "Idempotency-Key": key[:200],
        "X-SalesPilots-Signature": signature(signing_secret(core, business_id), at, data),
    }  # fmt: skip
    answered = core.fetcher.post(url, data, headers, limit=MAX_ANSWER)
    try:
        found = json.loads(answered.body)
    except ValueError:
        found = None
    return answered.status, found if isinstance(found, dict) else {}
