"""What a provider can answer, sorted by what the host must do next.

SalesPilotsError
├─ PluginError            the plugin itself: conflict, incompatible, settings invalid, not connected
└─ PortError              a call to a provider did not work
   ├─ Unavailable         safe to repeat: refused, 5xx on a read, connect timed out: nothing was sent
   ├─ RateLimited         repeat after ``retry_after`` seconds
   ├─ OutcomeUnknown      never repeat by itself: it was sent and no clear answer came
   ├─ AuthFailed          stop; the owner must reconnect
   ├─ Rejected            stop; the provider said no, ``reason`` says why
   ├─ Unsupported         stop; the channel cannot do this
   └─ BadSignature        a webhook that is not from the provider (401), nothing stored
"""

from __future__ import annotations

from typing import Any

from salespilots.domain.errors import SalesPilotsError


class PluginError(SalesPilotsError):
    """Something is wrong with a plugin, not with a call."""

    code = "plugin_error"


class PluginConflict(PluginError):
    """Two plugins claim the same key."""

    code = "plugin_conflict"


class PluginIncompatible(PluginError):
    """The plugin was written for another version of the port, or misnames a hook."""

    code = "plugin_incompatible"


class SettingsInvalid(PluginError):
    """A shop's stored settings do not fit the plugin's schema any more."""

    code = "settings_invalid"


class NotConnected(PluginError):
    """The shop has not connected this provider."""

    code = "not_connected"


class PortError(SalesPilotsError):
    """A provider call that did not work.

    ``retryable``: the host may repeat it by itself. ``retry_after``: seconds to wait, when the provider said
    so. ``user_action``: what the owner can do, as a sentence, or None. ``reason``: a short stable word.
    """

    code = "provider_error"
    retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        provider: str,
        reason: str = "",
        retry_after: float | None = None,
        user_action: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message or f"{provider}: {reason or self.code}", **details)
        self.provider = provider
        self.reason = reason or self.code
        self.retry_after = retry_after
        self.user_action = user_action


class Unavailable(PortError):
    """Nothing reached the provider, or a read failed: repeating is harmless."""

    code = "unavailable"
    retryable = True


class RateLimited(PortError):
    """The provider asks to slow down and did not act."""

    code = "rate_limited"
    retryable = True


class OutcomeUnknown(PortError):
    """The request left and no clear answer came: the provider may have acted."""

    code = "outcome_unknown"


class AuthFailed(PortError):
    """The key or token is not accepted any more."""

    code = "auth_failed"


class Rejected(PortError):
    """The provider understood and refused."""

    code = "rejected"


class Unsupported(PortError):
    """The provider cannot do this kind of thing."""

    code = "unsupported"


class BadSignature(PortError):
    """A webhook whose signature does not fit: answer 401 and keep nothing."""

    code = "bad_signature"
