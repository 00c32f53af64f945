"""Messages, and a person's replies."""

from __future__ import annotations

from typing import Any

from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, request_key, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "messages"
blueprint = Resource("api_messages", __name__, description="Messages")
blueprint.after_request(keep_answer)


@blueprint.get("")
@scope("messages:read")
@blueprint.arguments(schemas.MessageQuery, location="query")
@blueprint.answers(answers.Message, page=True)
def list_messages(query: dict[str, Any]) -> Any:
    """A page of messages, newest first."""
    page = services().conversations.message_page(shop_id(), **query)
    return {"items": [shapes.message(one) for one in page.items], "next": page.next}


@blueprint.get("/<message_id>")
@scope("messages:read")
@blueprint.answers(answers.Message)
def get_message(message_id: str) -> Any:
    """One message."""
    return shapes.message(services().conversations.message(shop_id(), message_id))


@blueprint.post("")
@scope("messages:write")
@blueprint.arguments(schemas.MessageIn)
@blueprint.answers(answers.Message, 202)
def reply(values: dict[str, Any]) -> Any:
    """A reply by a person: takes the conversation over. 409 ``reply_window_closed`` outside the window."""
    key = f"api:{request_key()}" if request_key() else None
    return shapes.message(
        services().conversations.reply(shop_id(), values["conversation_id"], values["text"], user_id=actor(), key=key)
    )
