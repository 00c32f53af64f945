"""A customer asks whether a machine answers: it says so, in their language, and goes on."""

from __future__ import annotations

import pytest

from salespilots.plugins.builtin.understanding import RulesUnderstander
from tests.support.shop import Shop

ASKED = [
    "are you a bot?", "Are you a robot??", "r u a robot", "am i talking to a bot", "is this automated reply?",
    "real person or bot", "are you human", "are you real?", "is this a real person", "you bot?", "are you an AI?",
    "are you a real person or machine?", "are you chatgpt", "is this a bot", "hello are you a bot or human", "bot or human?",
    "is it a bot replying", "is there a real person here", "kya aap robot ho", "insaan ho ya machine", "aap bot ho kya",
    "kya main bot se baat kar raha hu", "tum insaan ho?", "ye bot hai kya", "robot ho kya bhai", "kya aap chatbot ho?",
    "aap machine ho kya", "main robot se baat kar rahi hu kya", "aap real insaan ho?", "ai ho kya", "koi insaan hai ya bot",
    "bot hai kya", "बॉट हो क्या", "आप इंसान हो या मशीन", "क्या आप रोबोट हो", "क्या आप बॉट हैं",
    "ये रोबोट जवाब दे रहा है क्या", "क्या मैं किसी मशीन से बात कर रहा हूं",
]  # fmt: skip
NOT_ASKED = [
    "robot toy price?", "robot chahiye", "do you have robot toy", "sewing machine hai kya", "machine wash kar sakte hain?",
    "machine embroidery hai ya hand", "robot toy hai kya", "kya ye robot hai", "is this a robot toy?",
    "are these robots battery operated", "is this machine washable?", "are you open today", "are you a wholesaler",
    "aap kahan ho", "robot ka price", "kya robot available hai", "ye machine hai kya", "sewing machine hai ya hand machine",
    "is this real leather", "are you selling robots", "i need a robot for my son", "human hair wig price",
    "is this human hair", "original hai ya copy", "robot remote control ho jata hai kya", "is this automatic watch?",
    "are these automatic?", "is it ai camera", "aap robot bechte ho kya", "kya aap robot rakhte ho",
    "insaan ki murti hai kya", "automatic machine hai ya manual", "I want a human", "talk to human",
    "bot reply mat karo, insaan se baat karni hai", "are you bot? i want to talk to a person", "", "🤖", "robot",
]  # fmt: skip


@pytest.mark.parametrize("text", ASKED)
def test_the_question_is_heard(text: str) -> None:
    assert RulesUnderstander().understand(text).asks_bot


@pytest.mark.parametrize("text", NOT_ASKED)
def test_other_talk_of_machines_is_not_the_question(text: str) -> None:
    assert not RulesUnderstander().understand(text).asks_bot


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("are you a bot?", "Yes, I am a program that answers for Meera Handlooms."),
        ("kya aap robot ho", "Haan, main ek bot hoon jo Meera Handlooms ki taraf se jawab deta hai."),
        ("बॉट हो क्या", "हाँ, मैं एक बॉट हूँ"),
    ],
)
def test_the_answer_is_honest_and_in_the_customers_language(shop: Shop, text: str, words: str) -> None:
    (said,) = shop.say(text)
    assert words in said.text
    (reply,) = said.content["quick_replies"]
    assert reply["payload"] == "human"
    assert len(reply["title"]) <= 20
    chat = shop.world.services.conversations.page(shop.id).items[0].conversation
    assert (chat.mode, chat.waiting_since) == ("bot", None)
    shop.say(reply["title"], payload="human")
    chat = shop.world.services.conversations.page(shop.id).items[0].conversation
    assert chat.mode == "human"


def test_the_open_question_is_asked_again(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    shop.say("2 chahiye")
    texts = [one.text for one in shop.say("are you a bot?")]
    assert texts[0].startswith("Yes, I am a program")
    assert len(texts) == 2
    for line in ("Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar"):
        shop.say(line)
    shop.say("Confirm", payload="yes")
    assert shop.world.services.orders.page(shop.id).items


def test_who_sells_robots_answers_with_the_price(shop: Shop) -> None:
    services = shop.world.services
    services.catalog.create(
        shop.id, {"title": "Robot toy", "variants": [{"sku": "ROB-1", "price_paise": 79_900, "on_hand": 5}]}
    )
    said = shop.say("robot toy price?")
    assert any("799" in str((one.text, one.content)) for one in said)
