"""What every command shares: ``--json``, one clear line on failure, exit codes 0, 1 and 2."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from salespilots.domain.errors import InvalidInput, SalesPilotsError

if TYPE_CHECKING:
    from salespilots.bootstrap import Application

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """Adds ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def say(as_json: bool, facts: dict[str, Any], *lines: str) -> None:
    """The result: JSON for programs, lines for people."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(line)


def refuse(message: str) -> NoReturn:
    """One line on stderr and exit code 1."""
    click.echo(f"salespilots: {message}", err=True)
    sys.exit(1)


def guarded(command: F) -> F:
    """Our errors become one clear line and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            _check_text(*args, *kwargs.values())
            return command(*args, **kwargs)
        except InvalidInput as error:
            refuse("; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.fields.items()))
        except SalesPilotsError as error:
            refuse(error.message)

    return wrapper  # type: ignore[return-value]


def _check_text(*values: Any) -> None:
    """Arguments that are not text stop here, before they are stored or printed."""
    for value in values:
        if isinstance(value, tuple):
            _check_text(*value)
        elif isinstance(value, str) and not readable(value):
            refuse("an argument is not UTF-8 text.")


def readable(text: str) -> bool:
    """Whether it can be encoded: bytes of a terminal that were no UTF-8 cannot."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def open_application(*, migrate: bool = True) -> Application:
    """The assembled product for a one-off command, its schema brought up to date."""
    from salespilots.bootstrap import assemble
    from salespilots.bootstrap import migrate as bring_up_to_date
    from salespilots.config import load_config
    from salespilots.logs import configure
    from salespilots.queueing import make_doorbell

    config = load_config()
    configure(config)
    application = assemble(config, doorbell=make_doorbell(config))
    if migrate:
        bring_up_to_date(application)
    return application


def read_password() -> str:
    """A password from the first line of standard input, or one clear line."""
    try:
        line = sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        line = "\udcff"
    if not readable(line):
        refuse("standard input is not UTF-8 text.")
    return line
