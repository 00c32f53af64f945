"""What became of a provider's request to delete an account's data, in sentences."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.business import DeletionRequest


def sentences(request: DeletionRequest) -> list[str]:
    """What was deleted, counted; one sentence when there was nothing."""
    counts = request.counts

    def number(name: str) -> int:
        return int(counts.get(name) or 0)

    said = [
        (number("messages"), ngettext("The words of %(num)d message", "The words of %(num)d messages", number("messages"))),
        (number("media"), ngettext("%(num)d picture or recording", "%(num)d pictures and recordings", number("media"))),
        (number("profiles"), ngettext("The profile of %(num)d person", "The profiles of %(num)d people", number("profiles"))),
        (number("comments"), ngettext("%(num)d comment", "%(num)d comments", number("comments"))),
        (number("posts"), ngettext("%(num)d post", "%(num)d posts", number("posts"))),
    ]  # fmt: skip
    return [text for count, text in said if count] or [_("Nothing from this account was stored here.")]
