"""Chats: the list, one thread, who is replying."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, DomainError, InvalidInput, NotFound
from salespilots.domain.order import Order
from salespilots.domain.order_states import OPEN_STATES
from salespilots.ports.errors import PluginError, PortError
from salespilots.services.conversations import VIEWS, ChatRow
from salespilots.web.context import here, services
from salespilots.web.forms import ReplyForm, query_number, query_text, read
from salespilots.web.lookups import channel_label, order_rows, user_names
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import chat_events, reasons
from salespilots.web.presenters import inbox as present
from salespilots.web.presenters.thread import Leaving
from salespilots.web.presenters.thread import thread as present_thread
from salespilots.web.shell import remember_position

blueprint = Blueprint("inbox", __name__, url_prefix="/app/inbox")
blueprint.before_request(remember_position)

PAGE = 60


def _view() -> str:
    view = request.args.get("view", "all")
    return view if view in VIEWS else "all"


def _list(current_id: str = "") -> dict[str, Any]:
    """Context of the list region."""
    shop_id, view, q = here().shop_id, _view(), query_text(request.args.get("q"))
    found = services().conversations.page(shop_id, view=view, q=q, cursor=request.args.get("after"), limit=40)
    badges = services().dashboard.badges(shop_id)
    labels = {
        "all": _("All"), "waiting": _("Needs you"), "unread": _("Unread"), "auto": _("Automated"), "closed": _("Closed"),
    }  # fmt: skip
    counts = {"waiting": badges.get("waiting"), "unread": badges.get("unread")}
    here_url = request.endpoint or "inbox.index"
    args = dict(request.view_args or {})
    keep: dict[str, Any] = {"view": view if view != "all" else None, "q": q or None}
    return {
        "views": [
            SimpleNamespace(
                label=labels[one], on=one == view, count=counts.get(one),
                href=url_for(here_url, **args, view=one if one != "all" else None, q=q or None),
            )
            for one in VIEWS
        ],
        "view": view,
        "q": q,
        "conversations": [
            present.row(one, url_for("inbox.thread", conversation_id=one.conversation.id, **keep, _anchor="newest"), current_id)
            for one in found.items
        ],
        "older_href": url_for(here_url, **args, **keep, after=found.next) if found.next else None,
        "ever": bool(found.items) or bool(q) or view != "all",
    }  # fmt: skip


@blueprint.get("")
@permits(Permission.INBOX)
def index() -> Any:
    """The list."""
    return page("inbox/index.html", pane="list", chat=None, **_list())


@blueprint.get("/<conversation_id>")
@permits(Permission.INBOX)
def thread(conversation_id: str) -> Any:
    """One chat."""
    return _chat_page(conversation_id, "thread")


@blueprint.get("/<conversation_id>/customer")
@permits(Permission.INBOX)
def customer(conversation_id: str) -> Any:
    """The customer beside the chat; a page of its own on phones."""
    return _chat_page(conversation_id, "panel")


def _chat_page(conversation_id: str, pane: str, status: int = 200, reply_error: str | None = None) -> Any:
    shop_id, conversations = here().shop_id, services().conversations
    found = conversations.get(shop_id, conversation_id)
    if "X-Partial" not in request.headers and request.method == "GET" and found.conversation.unread:
        conversations.seen(shop_id, conversation_id)
        found.conversation.unread = 0
    orders = services().orders.page(shop_id, customer_id=found.customer.id, limit=20).items
    current = next((one for one in orders if one.state in OPEN_STATES), None)
    label = channel_label(found.conversation.provider)
    people = user_names([found.conversation.assignee_id])
    chat = present.chat(found, people, here().user.id, label)
    allowed = conversations.allows(found.conversation)
    leaving = Leaving.of(found.conversation, found.customer, label, right=allowed.right)
    return page(
        "inbox/index.html",
        status,
        pane=pane,
        chat=chat,
        window=present.window(allowed, chat.first_name, wrote=found.conversation.last_inbound_at is not None),
        reply_error=reply_error,
        filled=_filled(conversation_id),
        customer=present.panel(found.customer, chat_events.came(found.conversation)),
        current_order=order_rows([current])[0] if current else None,
        **_list(conversation_id),
        **_thread(found, orders, leaving),
    )


def _filled(conversation_id: str) -> str:
    """The words of a template that was chosen for the composer; none for a name that is gone."""
    name = query_text(request.args.get("template"), 40)
    try:
        return services().templates.for_chat(here().shop_id, conversation_id, name) if name else ""
    except NotFound:
        return ""


def _thread(found: ChatRow, orders: list[Order], leaving: Leaving) -> dict[str, Any]:
    shop_id, conversation_id = here().shop_id, found.conversation.id
    before = query_number(request.args.get("before"))
    messages = services().conversations.messages(shop_id, conversation_id, before=before, limit=PAGE)
    events = services().conversations.timeline(shop_id, conversation_id)
    if before is not None and messages:
        events = [one for one in events if one.at <= messages[-1].created_at]
    workflows = {one.id: one.name for one in services().workflows.page(shop_id, limit=200).items}
    people = user_names([one.actor_id for one in messages] + [one.actor for one in events])
    shown = present_thread(
        messages, events, orders=orders, workflows=workflows, people=people, me=here().user.id, leaving=leaving,
        quoted=services().conversations.quoted(shop_id, conversation_id, messages),
        emoji=services().acts.emoji(found.conversation.provider) if before is None else (),
        comments=[] if before is not None else services().conversations.comments(shop_id, conversation_id),
        run_href={
            one.run_id: url_for("workflow_runs.run", workflow_id=one.actor_id, run_id=one.run_id)
            for one in messages
            if one.run_id and one.actor_id in workflows and here().may(Permission.CATALOGUE)
        },
    )  # fmt: skip
    for one in shown:
        payment = getattr(one, "payment", None)
        if payment:
            payment.order_href = url_for("orders.detail", order_id=payment.order_id)
            if payment.status == "expired" and here().may(Permission.ORDERS):
                payment.again_href = url_for("orders_new.new", again=payment.order_id)
    last_in = next((one.text for one in reversed(messages) if one.direction == "in"), "")
    older = messages and messages[0].seq > 1
    return {
        "messages": shown,
        "older_messages_href": url_for("inbox.thread", conversation_id=conversation_id, before=messages[0].seq)
        if older
        else None,
        "suggestions": present.suggestions(last_in, found.customer.opted_out),
    }


@blueprint.post("/<conversation_id>/reply")
@permits(Permission.INBOX)
def reply(conversation_id: str) -> Any:
    """A person answers; automation pauses for this chat."""
    values, errors = read(ReplyForm, request.form)
    error = errors.get("text") or errors.get("key")
    if error is None:
        try:
            services().conversations.reply(
                here().shop_id, conversation_id, values["text"], user_id=here().user.id, key=values["key"] or None
            )
        except InvalidInput as refused:
            error = next(iter(refused.fields.values()))[0]
        except (DomainError, Conflict) as refused:
            error = _(refused.message)
    if error is not None:
        return _chat_page(conversation_id, "thread", 422, error)
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


@blueprint.post("/<conversation_id>/take-over")
@permits(Permission.INBOX)
def take_over(conversation_id: str) -> Any:
    """I answer from here on."""
    services().conversations.take_over(here().shop_id, conversation_id, user_id=here().user.id)
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


@blueprint.post("/<conversation_id>/hand-back")
@permits(Permission.INBOX)
def hand_back(conversation_id: str) -> Any:
    """Automation answers the next message."""
    services().conversations.hand_back(here().shop_id, conversation_id, user_id=here().user.id)
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


@blueprint.post("/<conversation_id>/close")
@permits(Permission.INBOX)
def close(conversation_id: str) -> Any:
    """Out of the list until the customer writes again."""
    services().conversations.close(here().shop_id, conversation_id, user_id=here().user.id)
    flash(_("Chat closed"), f"undo:{url_for('inbox.reopen', conversation_id=conversation_id)}")
    return back_to(url_for("inbox.index"))


@blueprint.post("/<conversation_id>/reopen")
@permits(Permission.INBOX)
def reopen(conversation_id: str) -> Any:
    """Back into the list."""
    services().conversations.reopen(here().shop_id, conversation_id)
    return back_to(url_for("inbox.thread", conversation_id=conversation_id))


@blueprint.post("/<conversation_id>/start-over")
@permits(Permission.INBOX)
def start_over(conversation_id: str) -> Any:
    """Workflows let go of the chat and begin afresh."""
    services().conversations.start_over(here().shop_id, conversation_id, user_id=here().user.id)
    flash(_("Workflows begin afresh in this chat."), "ok")
    return back_to(url_for("inbox.thread", conversation_id=conversation_id))


@blueprint.post("/<conversation_id>/messages/<message_id>/retry")
@permits(Permission.INBOX)
def retry(conversation_id: str, message_id: str) -> Any:
    """Send a message again that did not leave, or of which nobody knows."""
    _message_of(conversation_id, message_id)
    try:
        done = services().outbox.uncertain.decide(here().shop_id, message_id, arrived=False, actor=here().user.id)
    except Conflict as refused:
        flash(_(refused.message), "bad")
    else:
        if not done:
            flash(_("That message was settled already."), "ok")
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


@blueprint.post("/<conversation_id>/messages/<message_id>/react")
@permits(Permission.INBOX)
def react(conversation_id: str, message_id: str) -> Any:
    """React to what a customer wrote, or take that back."""
    _message_of(conversation_id, message_id)
    try:
        services().acts.react(here().shop_id, message_id, request.form.get("emoji", "")[:8], actor=here().user.id)
    except Conflict as refused:
        flash(_(refused.message), "bad")
    except (PortError, PluginError) as error:
        reason = getattr(error, "reason", "") or error.code
        flash(
            reasons.ended(
                reason,
                channel_label(services().conversations.get(here().shop_id, conversation_id).conversation.provider),
            ),
            "bad",
        )
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


@blueprint.post("/<conversation_id>/messages/<message_id>/arrived")
@permits(Permission.INBOX)
def arrived(conversation_id: str, message_id: str) -> Any:
    """A message of which nobody knew did arrive: it is settled and not sent again."""
    _message_of(conversation_id, message_id)
    if not services().stuck.discard(message_id, actor=here().user.id, business_id=here().shop_id):
        flash(_("That message was settled already."), "ok")
    return back_to(url_for("inbox.thread", conversation_id=conversation_id, _anchor="newest"))


def _message_of(conversation_id: str, message_id: str) -> None:
    """Raise `NotFound` unless the message is of this chat."""
    services().conversations.get(here().shop_id, conversation_id)
    if services().conversations.message(here().shop_id, message_id).conversation_id != conversation_id:
        raise NotFound(_("There is no such message in this chat."))
