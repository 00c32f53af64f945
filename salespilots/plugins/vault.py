"""Secrets at rest: authenticated encryption with rotation, bound to the shop and the provider."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from salespilots.ports.errors import SettingsInvalid


class FernetVault:
    """``keys`` newest first: writes with the first, reads with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, business_id: str, provider: str, secrets: dict[str, str]) -> str:
        """Encrypt; the plaintext names its owner, so a row copied to another shop is refused."""
        plain = json.dumps({"business": business_id, "provider": provider, "secrets": secrets})
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, business_id: str, provider: str, sealed: str | None) -> dict[str, str]:
        """Decrypt; raises `SettingsInvalid` when the key is lost or the row is another's."""
        if not sealed:
            return {}
        try:
            plain = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SettingsInvalid(f"The stored secrets of {provider} cannot be read with the present key.") from error
        if plain["business"] != business_id or plain["provider"] != provider:
            raise SettingsInvalid(f"The stored secrets of {provider} belong to another shop.")
        return plain["secrets"]

    def rotate(self, sealed: str) -> str:
        """The same secrets under the newest key."""
        return self._fernet.rotate(sealed.encode()).decode()
