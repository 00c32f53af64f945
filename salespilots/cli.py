"""The command line: ``salespilots …``."""

from __future__ import annotations

import click

from salespilots import __version__
from salespilots.commands.chat import chat
from salespilots.commands.plugins import plugins
from salespilots.commands.queue import queue
from salespilots.commands.server import doctor, init, run, web, work
from salespilots.commands.shops import api_key, connect, demo, owner, shop


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="salespilots")
def main() -> None:
    """SalesPilots: answers a shop's messages, takes the order, sends the payment link."""


for _command in (run, web, work, init, doctor, owner, shop, connect, api_key, demo, chat, plugins, queue):
    main.add_command(_command)
