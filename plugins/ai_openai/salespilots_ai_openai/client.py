"""The OpenAI SDK with our limits: one try, a time limit for a whole call, one connection pool for each host.

Source of a protocol fact: OpenAI, "API Reference: Chat" and "Error codes".
"""

from __future__ import annotations

import os
import threading
from typing import Any

from salespilots.ports.errors import AuthFailed, PortError, RateLimited, Rejected, Unavailable
from salespilots_ai_openai.guard import PrivateAddress, addresses, looks_private, public_addresses
from salespilots_ai_openai.network import EndlessAnswer, limited, read_whole, within

PROVIDER = "openai"
OFFICIAL = "https://api.openai.com/v1"
CHECK_TIMEOUT = 10.0
CONNECT_TIMEOUT = 3.0
NEW_KEY = "OpenAI does not take this key any more. Make a new one and enter it here."
TOP_UP = "The OpenAI account has no credit left. Add some, or raise its limit."
PUBLIC_ONLY = "Use a public https address; only the operator of this installation can allow private ones."

_pools: dict[tuple[int, str, bool], Any] = {}
_lock = threading.Lock()


def _http(base_url: str, allow_private: bool) -> Any:
    """The process's one HTTP client to a server; built by the SDK's own library."""
    import httpx2
    import openai

    key = (os.getpid(), base_url, allow_private)
    with _lock:
        if key not in _pools:
            official = base_url == OFFICIAL
            limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=20)
            made = openai.DefaultHttpxClient(
                trust_env=official, follow_redirects=False, limits=limits, event_hooks={"response": [read_whole]}
            )
            _pools[key] = limited(made, addresses if official or allow_private else public_addresses)
        return _pools[key]


class OpenAiClient:
    """Calls with one shop's key. ``repr`` shows no key."""

    def __init__(self, api_key: str, base_url: str, *, allow_private: bool = False) -> None:
        self._api_key = api_key
        self._base_url = (base_url or OFFICIAL).rstrip("/")
        self._allow_private = allow_private
        self._made: Any = None
        self._own_lock = threading.Lock()

    @property
    def official(self) -> bool:
        """Whether it is OpenAI itself, which knows more parameters than a compatible server."""
        return self._base_url == OFFICIAL

    def _sdk(self) -> Any:
        import openai

        secure = self._base_url.startswith("https://") and not looks_private(self._base_url)
        if not secure and not self.official and not self._allow_private:
            raise _refused_address()
        with self._own_lock:
            if self._made is None:
                self._made = openai.OpenAI(
                    api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=CHECK_TIMEOUT,
                    http_client=_http(self._base_url, self._allow_private),
                )  # fmt: skip
                self._made.organization = self._made.project = None  # the shop's key decides, not our environment
            return self._made

    def complete(self, body: dict[str, Any], *, timeout: float, headers: dict[str, str]) -> Any:
        """One completion within ``timeout`` seconds in all; whatever object the SDK makes of the answer."""
        return self._call(
            lambda sdk: sdk.chat.completions.create(**body, timeout=_each(timeout), extra_headers=headers), timeout
        )

    def models(self) -> list[str]:
        """The names of the models the key may use."""
        page = self._call(lambda sdk: sdk.models.list(timeout=_each(CHECK_TIMEOUT)), CHECK_TIMEOUT)
        rows = getattr(page, "data", None)
        if not isinstance(rows, list):
            raise Unavailable(provider=PROVIDER, reason="strange_answer")
        return [str(getattr(one, "id", "")) for one in rows]

    def _call(self, call: Any, seconds: float) -> Any:
        import httpx2
        import openai

        try:
            sdk = self._sdk()
            with within(seconds):
                return call(sdk)
        except PrivateAddress:
            raise _refused_address() from None
        except EndlessAnswer:
            raise Unavailable(provider=PROVIDER, reason="endless_answer") from None
        except openai.APIStatusError as error:
            raise _of_status(error) from None
        except openai.APIConnectionError as error:
            reason = "no_answer" if isinstance(error, openai.APITimeoutError) else "no_connection"
            raise Unavailable(provider=PROVIDER, reason=reason) from None
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, RecursionError) as error:
            # An answer the SDK cannot read. Asking again costs tokens and changes nothing.
            raise Unavailable(provider=PROVIDER, reason="strange_answer", kind=type(error).__name__) from None


def _each(seconds: float) -> Any:
    """The library's limits for single operations; `within` bounds their sum."""
    import httpx2

    return httpx2.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT))


def _refused_address() -> PortError:
    return Rejected(provider=PROVIDER, reason="private_address", user_action=PUBLIC_ONLY)


def _of_status(error: Any) -> PortError:
    """By status and code, never by words. A completion changes nothing, so trouble may be repeated."""
    status, code = error.status_code, error.code
    details = {"status": status, "request": str(error.request_id or "")[:80]}
    if status in (401, 403):
        return AuthFailed(provider=PROVIDER, user_action=NEW_KEY, **details)
    if status == 429:
        if code == "insufficient_quota":
            return Rejected(provider=PROVIDER, reason="quota", user_action=TOP_UP, **details)
        wait = error.response.headers.get("retry-after", "")
        seconds = min(float(wait), 86_400.0) if wait.isascii() and wait.isdigit() else None
        return RateLimited(provider=PROVIDER, retry_after=seconds, **details)
    if status >= 500 or status in (408, 409):
        return Unavailable(provider=PROVIDER, reason=f"http_{status}", **details)
    return Rejected(
        provider=PROVIDER, reason=code[:60] if isinstance(code, str) and code else f"http_{status}", **details
    )
