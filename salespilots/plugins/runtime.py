"""The real surroundings: time, ids, password hashing, mail."""

from __future__ import annotations

import os
import secrets
import smtplib
import string
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError

from salespilots.domain.ids import PREFIXES
from salespilots.ports.errors import Unavailable

_ALPHABET = (string.ascii_letters + string.digits).encode()
_LENGTH = 22
_FAIR = 256 - 256 % len(_ALPHABET)
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_UNFAIR = bytes(range(_FAIR, 256))
"""Random bytes that would make the first letters likelier than the others: left out."""

IDS_AT_ONCE = 64
"""Ids made with one call of the system, which lets other threads go first."""


HARMLESS_SECONDS = 30.0
"""A machine's clock may be set by so much at any time: no limit of ours is that narrow."""

BELIEVED_AFTER = 600.0
"""Seconds for which a clock must have been set before it is believed: what is set by mistake is mostly set back."""


def passing() -> float:
    """Seconds that only pass, those of a machine asleep included where it counts them."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if kind is None else time.clock_gettime(kind)


class SystemClock:
    """The machine's clock, without its jumps: a day ahead for a minute closes no reply window and ends no order.

    ``wall`` gives seconds since 1970 and may be set, ``steady`` seconds that only pass. A clock that was set far is
    followed when it stays so.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = passing) -> None:
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()
        self._set_to: float | None = None
        self._set_since = 0.0

    def now(self) -> datetime:
        """Aware, UTC."""
        passed = self._steady()
        offset = self._wall() - passed
        if abs(offset - self._offset) <= HARMLESS_SECONDS:
            self._offset, self._set_to = offset, None
        elif self._set_to is None or abs(offset - self._set_to) > HARMLESS_SECONDS:
            self._set_since, self._set_to = passed, offset  # in this order: other threads read them meanwhile
        elif passed - self._set_since >= BELIEVED_AFTER:
            self._offset, self._set_to = offset, None
        return datetime.fromtimestamp(passed + self._offset, UTC)

    def steady(self) -> float:
        """Seconds that only pass."""
        return self._steady()


class RandomIds:
    """Ids of 22 random letters and digits (131 bits)."""

    def __init__(self) -> None:
        self._made: deque[str] = deque()
        os.register_at_fork(after_in_child=self._made.clear)

    def new(self, kind: str) -> str:
        """An id with the prefix of ``kind``."""
        while True:
            try:
                return f"{PREFIXES[kind]}_{self._made.pop()}"
            except IndexError:
                self._make()

    def _make(self) -> None:
        letters = secrets.token_bytes(IDS_AT_ONCE * _LENGTH).translate(_LETTERS, _UNFAIR).decode()
        self._made.extend(letters[at : at + _LENGTH] for at in range(0, len(letters) - _LENGTH + 1, _LENGTH))

    def token(self) -> str:
        """256 random bits for a URL or a cookie."""
        return secrets.token_urlsafe(32)


class Argon2Hasher:
    """argon2id with 19 MiB, two passes, one lane: strong, and a flood of sign-ins does not eat the memory."""

    def __init__(self) -> None:
        self._argon = Argon2(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """A salted hash."""
        return self._argon.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it fits; an unknown account costs the same work as a known one."""
        if password_hash is None:
            self._nobody = self._nobody or self._argon.hash(secrets.token_hex(8))
        try:
            return self._argon.verify(password_hash or self._nobody or "", password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


class SmtpMailer:
    """Letters by SMTP, with TLS when the server offers it; without an address nothing is mailed."""

    def __init__(self, url: str | None, sender_host: str) -> None:
        self.enabled = bool(url)
        self._url = urlsplit(url or "")
        self._sender = f"SalesPilots <no-reply@{sender_host}>"

    def send(self, to: str, subject: str, text: str) -> None:
        """One plain letter, within 15 seconds."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, to, subject
        letter.set_content(text)
        secure = self._url.scheme == "smtps"
        port = self._url.port or (465 if secure else 25)
        kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
        try:
            with kind(self._url.hostname or "", port, timeout=15) as server:
                if not secure and server.has_extn("starttls"):
                    server.starttls()
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(letter)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("The mail server did not take the letter.", provider="mail") from error
