"""Why a message was not sent, waits, or may not have arrived: every reason code as a sentence for the owner.

A test walks the sources for the codes they can produce and fails for one without a sentence here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.conversation import Message, MessageState
from salespilots.domain.inbox import MAX_ORPHANED
from salespilots.ports.work import UNDECIDED
from salespilots.services.messaging.uncertain import MAX_TRIES
from salespilots.web.filters import clock, local, now

Say = Callable[[str], str]
"""A sentence about a channel, given its name."""

ENDED: dict[str, Say] = {
    # our own decision
    "reply_window_closed": lambda _c: _("The reply window is closed. You can reply when the customer writes again."),
    "late_reply_not_allowed": lambda c: _(
        "%(channel)s has not approved late answers (human agent) for your app. You can write when the customer does."
        , channel=c),
    "late_words_only": lambda _c: _("So late only words of your own may leave: no picture, card or button."),
    "comment_too_old": lambda c: _("The comment is older than %(channel)s allows to answer.", channel=c),
    "waited_too_long": lambda _c: _("It could not leave for days, and then it was too late to say it."),
    "opted_out": lambda _c: _("The customer wants no automatic messages."),
    "taken_over": lambda _c: _("A person took over the chat."),
    "other_app": lambda c: _("Another app took over the chat on %(channel)s.", channel=c),
    "handed_over": lambda _c: _("A person was asked to answer."),
    "frequency_cap": lambda _c: _(
        "The customer had as many unasked messages within a day as your rules allow."
    ),
    "quiet_hours": lambda _c: _("It fell into your quiet hours, and afterwards the reply window would be closed."),
    "started_again": lambda _c: _("Workflows began afresh in this chat."),
    "looped": lambda _c: _("Workflows started each other too often."),
    "paid": lambda _c: _("The money came meanwhile."),
    "taken_back": lambda _c: _("The step of the order was taken back."),
    "order_over": lambda _c: _("The order ended meanwhile."),
    "customer_wrote": lambda _c: _("The customer wrote meanwhile."),
    # the plugin
    "not_connected": lambda c: _("%(channel)s is not connected.", channel=c),
    "settings_invalid": lambda c: _("The settings of %(channel)s do not fit any more. Save them again.", channel=c),
    "plugin_error": lambda c: _("The plugin of %(channel)s does not work as it should.", channel=c),
    "plugin_conflict": lambda c: _("The plugin of %(channel)s clashes with another one.", channel=c),
    "plugin_incompatible": lambda c: _("The plugin of %(channel)s was made for another version.", channel=c),
    "error": lambda c: _("Something went wrong before it reached %(channel)s.", channel=c),
    # any channel
    "provider_error": lambda c: _("%(channel)s did not take it and did not say why.", channel=c),
    "rejected": lambda c: _("%(channel)s did not take it and did not say why.", channel=c),
    "unsupported": lambda c: _("%(channel)s cannot carry this kind of message.", channel=c),
    "bad_signature": lambda c: _("%(channel)s could not be believed.", channel=c),
    "unavailable": lambda c: _("%(channel)s did not answer.", channel=c),
    "rate_limited": lambda c: _("%(channel)s asked us to slow down.", channel=c),
    "auth_failed": lambda c: _("%(channel)s does not accept the access any more. Connect it again.", channel=c),
    "bad_request": lambda c: _("%(channel)s did not understand it.", channel=c),
    "bad_content": lambda c: _("%(channel)s does not take what is in it: a picture, a link or a button.", channel=c),
    "empty_message": lambda _c: _("There was nothing in it to send."),
    "message_too_long": lambda c: _("It is longer than %(channel)s allows.", channel=c),
    "text_only": lambda c: _("%(channel)s carries words only.", channel=c),
    "no_profiles": lambda c: _("%(channel)s does not tell who a customer is.", channel=c),
    "no_history": lambda c: _("%(channel)s does not show what was sent.", channel=c),
    "no_connection": lambda c: _("%(channel)s could not be reached.", channel=c),
    "history_incomplete": lambda c: _("%(channel)s did not show the whole chat.", channel=c),
    # Instagram's words
    "token_expired": lambda c: _("The access to %(channel)s has ended. Connect it again.", channel=c),
    "message_access_off": lambda c: _("Access to messages is switched off in the %(channel)s app.", channel=c),
    "permission_missing": lambda c: _("The access to %(channel)s does not include messages. Connect it again.", channel=c),
    "app_not_approved": lambda c: _("%(channel)s has not approved the app for this account yet.", channel=c),
    "account_restricted": lambda c: _("%(channel)s has restricted your account. See Account status in its app.", channel=c),
    "account_not_eligible": lambda c: _("Your %(channel)s account is not a professional one.", channel=c),
    "other_app_owns_thread": lambda c: _("Another app answers this chat on %(channel)s.", channel=c),
    "recipient_unavailable": lambda c: _("The customer has blocked the shop or left %(channel)s.", channel=c),
    "recipient_unknown": lambda c: _("%(channel)s does not know this customer any more.", channel=c),
    "thread_gone": lambda c: _("The chat is not there any more on %(channel)s.", channel=c),
    "message_gone": lambda _c: _("What it answers is not there any more."),
    "already_replied": lambda c: _("%(channel)s allows one answer to this, and it was given.", channel=c),
    "cannot_reply": lambda c: _("%(channel)s allows no answer to this.", channel=c),
    "no_consent": lambda _c: _("The customer has not agreed to messages from the shop."),
    "bothers_customer": lambda c: _("%(channel)s spares the customer more messages for now.", channel=c),
    "not_done": lambda c: _("%(channel)s took it and did not do it.", channel=c),
    "code_refused": lambda c: _("%(channel)s did not accept the sign-in. Begin it again.", channel=c),
    "tag_needs_a_person": lambda _c: _("So late only a person may answer."),
    "blocked": lambda _c: _("The customer has blocked the shop."),
    "never_arrived": lambda c: _("%(channel)s was given it %(count)s times and never took it.", channel=c, count=MAX_TRIES),
}  # fmt: skip
"""Of a message that was not sent."""

WAITING: dict[str, Say] = {
    "channel_down": lambda c: _("%(channel)s is not answering.", channel=c),
    "rate_limited": lambda c: _("%(channel)s asked us to slow down.", channel=c),
    "waits_for_reconnect": lambda c: _("It waits until %(channel)s is connected again.", channel=c),
    "account_restricted": lambda c: _(
        "%(channel)s has restricted your account. It waits until that is over.", channel=c
    ),
    "quiet_hours": lambda _c: _("It waits until your quiet hours are over."),
    "paced": lambda c: _("It waits its turn: %(channel)s allows only so many messages a minute.", channel=c),
    "not_taken": lambda _c: _("It did not arrive the first time and is sent again."),
    "sent_again": lambda _c: _("It is sent again, as a person decided."),
}
"""Of a message that waits to leave."""

DOUBTS: dict[str, Say] = {
    "no_answer": lambda c: _("%(channel)s gave no answer.", channel=c),
    "outcome_unknown": lambda c: _("%(channel)s gave no clear answer.", channel=c),
    "strange_answer": lambda c: _("%(channel)s gave an answer that nobody can read.", channel=c),
    "endless_answer": lambda c: _("%(channel)s gave an answer without an end.", channel=c),
    "sent_with_error": lambda c: _("%(channel)s said that it went wrong and may have sent it all the same.", channel=c),
    "not_readable": lambda c: _("%(channel)s gave no clear answer, and does not show the chat.", channel=c),
    "looked_for_again": lambda c: _("%(channel)s is back. It is being looked for.", channel=c),
    "provider_trouble": lambda c: _("%(channel)s had trouble of its own.", channel=c),
    "plugin_error": lambda c: _("The plugin of %(channel)s stopped in the middle.", channel=c),
    "not_noted": lambda c: _("What %(channel)s answered could not be kept.", channel=c),
}
"""Of a send whose outcome is not known."""

EVENTS: dict[str, Callable[[], str]] = {
    "worker_died": lambda: _(
        "The program that handles it ended %(count)s times while it was at it.", count=MAX_ORPHANED
    ),
    "not_found": lambda: _("Something it is about is not there any more."),
    "invalid_input": lambda: _("Something in it cannot be kept."),
    "conflict": lambda: _("It clashes with something that is there already."),
    "invalid_transition": lambda: _("It does not fit the state that its order is in."),
    "amount_mismatch": lambda: _("The money does not fit the order."),
    "out_of_stock": lambda: _("There is not enough stock for it."),
}
"""Of an incoming event that was given up."""

STEPS: dict[str, Callable[[], str]] = {
    "out_of_stock": lambda: _("There was not enough stock."),
    "price_changed": lambda: _("The price had changed meanwhile."),
    "not_found": lambda: _("Something it needs is not there any more."),
    "invalid_input": lambda: _("Something did not fit."),
    "error": lambda: _("The step itself is broken."),
    "not_connected": lambda: _("What it needs is not connected."),
    "worker_died": lambda: _("The program that did it ended every time it was tried."),
}
"""Of a workflow's step that did not work."""

HELPLESS = frozenset(
    {
        "reply_window_closed", "waited_too_long", "opted_out", "unsupported", "bad_request", "bad_content",
        "empty_message", "message_too_long", "text_only", "recipient_unavailable", "recipient_unknown", "thread_gone",
        "message_gone", "already_replied", "cannot_reply", "no_consent", "tag_needs_a_person", "blocked",
    }
)  # fmt: skip
"""What stays as it is however often one tries."""

TRIED = frozenset({"channel_down", "rate_limited", "account_restricted", "waits_for_reconnect"})
"""What is tried again at a time that is known."""

PATIENCE = timedelta(minutes=1)
"""How long a message is on its way before that is worth a word."""

_NUMBERED = re.compile(r"^(?:http|code)_(\d{1,6})$")


def explain(message: Message, channel: str, before: Message | None = None) -> str:
    """Why a message is where it is; empty when there is nothing to explain. ``before``: what holds it back, see `holder`."""
    reason = message.reason or ""
    if message.state in (MessageState.FAILED, MessageState.SKIPPED, MessageState.CANCELLED):
        return ended(reason, channel)
    if message.state is MessageState.UNCERTAIN:
        if reason == UNDECIDED:
            return undecided(channel)
        return " ".join([_doubt(reason, channel), _("We are finding out whether it arrived.")])
    return _waiting(message, channel, before) if message.state is MessageState.QUEUED else ""


def holder(before: Message | None, message: Message) -> Message | None:
    """Of two messages of a chat the one that holds back what comes after both: in doubt, or waiting for a reason."""
    if message.state is MessageState.UNCERTAIN or (message.state is MessageState.QUEUED and message.reason):
        return message if before is None or before.state is not MessageState.UNCERTAIN else before
    return before


def ended(reason: str, channel: str) -> str:
    """Why a message was not sent."""
    return _of(ENDED, reason or "rejected", channel) or _(
        "%(channel)s did not take it (%(code)s).", channel=channel, code=reason[:60]
    )


def undecided(channel: str, stopped: str = "") -> str:
    """What a person has to know who decides a send of which nobody knows. ``stopped``: why it could not leave again."""
    said = _("It may have arrived: %(channel)s never said.", channel=channel)
    if stopped:
        return " ".join([said, ended(stopped, channel), _("So it is not sent again: say what became of it.")])
    return " ".join([said, _("If it did and you send it again, the customer gets it twice.")])


def can_help(message: Message) -> bool:
    """Whether trying a failed message again may help."""
    return message.state is MessageState.FAILED and message.reason not in HELPLESS


def event_error(error: str | None, tries: int) -> str:
    """Why an incoming event was given up after so many tries."""
    found = EVENTS.get(error or "")
    if found:
        return found()
    text = ngettext("It could not be handled in %(num)d try", "It could not be handled in %(num)d tries", tries)
    return f"{text} ({(error or 'unknown')[:60]})."


def step_error(code: str) -> str:
    """Why a workflow's step did not work."""
    own = STEPS.get(code)
    if own:
        return own()
    return _of(ENDED, code, _("The other side")) or _("It did not work (%(code)s).", code=code[:60])


def _of(table: Mapping[str, Say], reason: str, channel: str) -> str:
    numbered = _NUMBERED.match(reason)
    if numbered:
        return _("%(channel)s answered with error %(code)s.", channel=channel, code=numbered.group(1))
    found = table.get(reason)
    return found(channel) if found else ""


def _doubt(reason: str, channel: str) -> str:
    return _of(DOUBTS, reason, channel) or _("%(channel)s gave no clear answer.", channel=channel)


def _waiting(message: Message, channel: str, before: Message | None) -> str:
    reason, at = message.reason or "", message.next_at
    if not reason and before is not None:
        doubt = before.state is MessageState.UNCERTAIN
        known = _("It waits until it is known whether the message before it arrived.")
        return known if doubt else _("It waits for the message before it.")
    if not reason:
        return _("It waits its turn.") if now() - local(message.created_at) > PATIENCE else ""
    said = _of(WAITING, reason, channel) or _("It waits (%(code)s).", code=reason[:60])
    return " ".join(filter(None, [said, _tried(at)])) if reason in TRIED else said


def _tried(at: datetime | None) -> str:
    return _("Tried again by %(time)s.", time=clock(at)) if at is not None and at > now() else ""
