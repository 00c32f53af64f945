"""What waits to leave, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.services.messaging.sendings import Queue
from salespilots.web.filters import duration, now
from salespilots.web.presenters.reasons import WAITING


def queue(waiting: Sequence[Queue], label: Callable[[str], str]) -> list[SimpleNamespace]:
    """A banner for each reason: how much waits, why, and until when."""
    shown = []
    for one in waiting:
        if one.to_comments:
            text = ngettext("%(num)d private answer waits", "%(num)d private answers wait", one.count)
        else:
            text = ngettext("%(num)d message waits", "%(num)d messages wait", one.count)
        left = one.last_at - now() if one.last_at else None
        why = WAITING[one.reason](label(one.provider)) if one.reason in WAITING else ""
        when = _("The last one leaves in about %(time)s.", time=duration(left)) if left else why
        shown.append(SimpleNamespace(text=text, when=when, channel=label(one.provider), paced=one.reason == "paced"))
    return shown
