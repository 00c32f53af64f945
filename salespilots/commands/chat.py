"""``chat``: play a customer from the terminal, through the same inbox, workflows and outbox as everybody."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import click

from salespilots.commands.common import guarded, json_option, open_application
from salespilots.domain.errors import InvalidInput

if TYPE_CHECKING:
    from salespilots.domain.conversation import Message
    from salespilots.services.container import Services

ARRIVED = ("sent", "delivered", "read")
HELP = "Write as the customer. /pay pays the open payment link, /quit ends."


class Phone:
    """What one practice customer sees and does."""

    def __init__(self, services: Services, shop_id: str, name: str) -> None:
        from salespilots.services.messaging.inbox import lane_of

        self._services = services
        self._shop_id = shop_id
        self._name = name
        self._ref = "terminal-" + (re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "customer")
        self._lane = lane_of("practice", shop_id, self._ref)
        self._seen = max((one.seq for one in self._messages()), default=0)
        self._buttons: dict[str, str] = {}

    def _messages(self) -> list[Message]:
        return self._services.practice.messages(self._shop_id, self._ref)

    def say(self, text: str) -> None:
        """Send words, or tap the quick reply with that title."""
        payload = self._buttons.get(text.casefold(), "")
        self._services.practice.say(self._shop_id, self._ref, text, payload=payload, name=self._name)
        self._services.lanes.drain(self._lane)

    def pay(self) -> str:
        """Pay the newest open link on the practice page."""
        conversation = self._services.practice.conversation(self._shop_id, self._ref)
        orders = self._services.orders.page(
            self._shop_id, customer_id=conversation.customer_id if conversation else "", limit=5
        ).items
        for order in orders:
            for payment in self._services.orders.payments_of(self._shop_id, order.id):
                if payment.open and payment.provider == "practice" and conversation:
                    self._services.practice.pay(payment, method="upi", outcome="paid", attempt="terminal")
                    self._services.lanes.drain(payment.lane)
                    self._services.lanes.drain(self._lane)
                    return f"Paid for {order.number}."
        return "There is nothing to pay."

    def news(self) -> list[Message]:
        """What arrived since the last look."""
        fresh = [
            one for one in self._messages() if one.seq > self._seen and one.direction == "out" and one.state in ARRIVED
        ]
        if fresh:
            self._seen = max(one.seq for one in fresh)
        for one in fresh:
            for reply in one.content.get("quick_replies", []):
                self._buttons[reply["title"].casefold()] = reply["payload"]
            for card in one.content.get("cards", []):
                for button in card.get("buttons", []):
                    self._buttons[card["title"].casefold()] = button["payload"]
        return fresh


def _print(message: Message) -> None:
    for card in message.content.get("cards", []):
        click.echo(f"    [{card['title']}]  {card['subtitle']}")
    if message.content.get("type") == "text":
        click.echo("\n".join(f"  < {line}" for line in message.text.splitlines()))
    titles = [one["title"] for one in message.content.get("quick_replies", [])]
    if titles:
        click.echo("      " + "  ".join(f"({title})" for title in titles))


@click.command()
@click.option("--shop", "slug", required=True)
@click.option("--as", "name", default="Riya", show_default=True, help="The customer's name.")
@json_option
@guarded
def chat(slug: str, name: str, as_json: bool) -> None:
    """Play a customer from the terminal (the practice channel)."""
    services = open_application().services
    phone = Phone(services, services.shops.by_slug(slug).id, name)
    interactive = sys.stdin.isatty() and not as_json
    if interactive:
        click.echo(HELP)
    log: list[dict[str, str]] = []
    while True:
        if interactive:
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            break
        text = line.strip()
        if not text:
            continue
        if text == "/quit":
            break
        if text == "/pay":
            note = phone.pay()
            if not as_json:
                click.echo(f"  * {note}")
        else:
            if not interactive and not as_json:
                click.echo(f"> {text}")
            try:
                phone.say(text)
            except InvalidInput as error:
                click.echo(f"  * {'; '.join(' '.join(texts) for texts in error.fields.values())}", err=True)
                continue
            log.append({"from": "customer", "text": text})
        for message in phone.news():
            log.append({"from": str(message.author), "text": message.text})
            if not as_json:
                _print(message)
    if as_json:
        click.echo(json.dumps({"shop": slug, "messages": log}, ensure_ascii=False))
