"""``queue``: what waits, what was given up, of which sends nobody knows; retrying and discarding."""

from __future__ import annotations

import click

from salespilots.commands.common import guarded, json_option, open_application, say

ACTOR = "command line"


@click.group()
def queue() -> None:
    """What waits, and what waits for a person."""


@queue.command()
@json_option
@guarded
def status(as_json: bool) -> None:
    """Backlog, workers, given-up events and uncertain sends of the whole installation."""
    from salespilots.commands.queue_report import facts_and_lines

    facts, lines = facts_and_lines(open_application().services)
    say(as_json, facts, *lines)


@queue.command()
@click.argument("id", required=False)
@json_option
@guarded
def retry(id: str | None, as_json: bool) -> None:
    """Handle a given-up event (evt_...) again, or send a message (msg_...) again that waits for a decision.

    Without an ID: all events.
    """
    stuck = open_application().services.stuck
    if id is None:
        number = stuck.retry_all(actor=ACTOR)
        say(as_json, {"retried": number}, f"Events handled again: {number}.")
        return
    done = stuck.retry(id, actor=ACTOR)
    again = "is sent again" if id.startswith("msg_") else "is handled again"
    say(as_json, {"id": id, "retried": int(done)}, f"{id} {again}." if done else _decided(id))


@queue.command()
@click.argument("id", required=False)
@click.option("--all", "every", is_flag=True, help="Every given-up event; uncertain messages are decided one by one.")
@json_option
@guarded
def discard(id: str | None, every: bool, as_json: bool) -> None:
    """Leave a given-up event (evt_...) for good, or take an uncertain message (msg_...) as arrived."""
    if (id is None) is not every:
        raise click.UsageError("Give an ID, or --all for every given-up event.")
    stuck = open_application().services.stuck
    if id is None:
        number = stuck.discard_all(actor=ACTOR)
        say(as_json, {"discarded": number}, f"Events left for good: {number}.")
        return
    done = stuck.discard(id, actor=ACTOR)
    left = "is taken as arrived" if id.startswith("msg_") else "is left for good"
    say(as_json, {"id": id, "discarded": int(done)}, f"{id} {left}." if done else _decided(id))


def _decided(id: str) -> str:
    return f"{id} was decided before; nothing changed."
