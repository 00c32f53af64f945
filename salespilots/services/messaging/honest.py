"""Saying that a program answers, when a customer asks."""

from __future__ import annotations

from salespilots.domain.conversation import Author, Conversation, Message
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.texts import say
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import queue_in

OWN_UP = {
    "en": "Yes, I am a program that answers for {shop}. A person reads along and takes over when you want.",
    "hinglish": "Haan, main ek bot hoon jo {shop} ki taraf se jawab deta hai. Chaho to shop ka insaan aapse baat karega.",
    "hi": "हाँ, मैं एक बॉट हूँ जो {shop} की ओर से जवाब देता है। आप चाहें तो दुकान का कोई व्यक्ति आपसे बात करेगा।",
}
"""In the customer's language."""
PERSON = {"en": "Talk to a person", "hinglish": "Insaan se baat", "hi": "व्यक्ति से बात"}


def own_up_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message, language: str) -> None:
    """The honest answer, once for this message, with a way to a person."""
    language = language if language in OWN_UP else "en"
    reply = QuickReply(title=say(PERSON[language]), payload="human")
    text = say(OWN_UP[language], shop=uow.shop().name)
    queue_in(
        core,
        uow,
        conversation,
        Text(text=text, quick_replies=(reply,)),
        author=Author.BOT,
        dedupe_key=f"bot:{message.id}",
    )
