"""Conversations and who answers them."""

from __future__ import annotations

from typing import Any

from salespilots.domain.conversation import Conversation
from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "conversations"
blueprint = Resource("api_conversations", __name__, description="Conversations")
blueprint.after_request(keep_answer)


def _shape(conversation: Conversation) -> dict[str, Any]:
    return shapes.conversation(conversation, services().conversations.window_closes_at(conversation))


@blueprint.get("")
@scope("conversations:read")
@blueprint.arguments(schemas.ConversationQuery, location="query")
@blueprint.answers(answers.Conversation, page=True)
def list_conversations(query: dict[str, Any]) -> Any:
    """A page of conversations, newest message first."""
    page = services().conversations.page(shop_id(), **query)
    return {"items": [_shape(one.conversation) for one in page.items], "next": page.next}


@blueprint.get("/<conversation_id>")
@scope("conversations:read")
@blueprint.answers(answers.Conversation)
def get_conversation(conversation_id: str) -> Any:
    """One conversation."""
    return _shape(services().conversations.get(shop_id(), conversation_id).conversation)


@blueprint.post("/<conversation_id>/take-over")
@scope("conversations:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Conversation)
def take_over(_: dict[str, Any], conversation_id: str) -> Any:
    """A person answers from here on."""
    return _shape(services().conversations.take_over(shop_id(), conversation_id, user_id=actor()))


@blueprint.post("/<conversation_id>/hand-back")
@scope("conversations:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Conversation)
def hand_back(_: dict[str, Any], conversation_id: str) -> Any:
    """Automation answers again."""
    return _shape(services().conversations.hand_back(shop_id(), conversation_id, user_id=actor()))


@blueprint.post("/<conversation_id>/close")
@scope("conversations:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Conversation)
def close(_: dict[str, Any], conversation_id: str) -> Any:
    """Out of the inbox until the customer writes again."""
    return _shape(services().conversations.close(shop_id(), conversation_id, user_id=actor()))
