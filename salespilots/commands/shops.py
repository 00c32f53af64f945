"""``owner``, ``shop``, ``connect``, ``api-key``, ``demo``."""

from __future__ import annotations

from pathlib import Path

import click

from salespilots.commands.common import guarded, json_option, open_application, read_password, refuse, say


@click.group()
def owner() -> None:
    """People who own shops."""


@owner.command("add")
@click.option("--email", required=True)
@click.option("--shop", "shop_name", required=True, help="The shop's name.")
@click.option("--name", default="", help="The person's name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@guarded
def owner_add(email: str, shop_name: str, name: str, password_stdin: bool, as_json: bool) -> None:
    """A user and a shop. Without --password-stdin it prints a one-time link to set the password."""
    application = open_application()
    accounts = application.services.accounts
    password = read_password() if password_stdin else None
    user, shop = accounts.add_owner(shop_name=shop_name, name=name, email=email, password=password)
    facts = {"shop": shop.slug, "email": user.email}
    lines = [f"Shop: {shop.slug}"]
    if password is None:
        link = accounts.password_link(user.id)
        facts["link"] = link
        lines.append(f"Set the password within an hour at {link}")
    say(as_json, facts, *lines)


@owner.command("reset-password")
@click.option("--email", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@json_option
@guarded
def owner_reset(email: str, password_stdin: bool, as_json: bool) -> None:
    """A new password; ends that user's sessions. Without --password-stdin it prints a one-time link to choose one."""
    application = open_application()
    link = application.services.accounts.reset_by_operator(email, read_password() if password_stdin else None)
    facts = {"email": email, **({"link": link} if link else {})}
    say(as_json, facts, f"Set the password within an hour at {link}" if link else "The password was changed.")


@click.group()
def shop() -> None:
    """Shops."""


@shop.command("list")
@json_option
@guarded
def shop_list(as_json: bool) -> None:
    """Slugs and names."""
    shops = open_application().services.shops.all()
    items = [{"slug": one.slug, "name": one.name} for one in shops]
    say(as_json, {"items": items}, *(f"{one.slug}\t{one.name}" for one in shops))


def _value(text: str, stdin_taken: list[bool]) -> str:
    """``@FILE`` and ``-`` for secrets that should not stand in the shell's history."""
    if text.startswith("@") and len(text) > 1:
        try:
            return Path(text[1:]).read_text("utf-8").strip()
        except OSError as error:
            refuse(f"{text[1:]} cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            refuse(f"{text[1:]} is not UTF-8 text")
    if text == "-":
        if stdin_taken:
            refuse("only one value can come from standard input")
        stdin_taken.append(True)
        return read_password().strip()
    return text


@click.command()
@click.argument("plugin")
@click.option("--shop", "slug", required=True, help="The shop's slug.")
@click.argument("settings", nargs=-1, metavar="KEY=VALUE...")
@json_option
@guarded
def connect(plugin: str, slug: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Store a plugin's settings for a shop. Secrets may come as KEY=@FILE or KEY=- (standard input)."""
    given: dict[str, str] = {}
    taken: list[bool] = []
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{setting!r} is not KEY=VALUE")
        if key in given:
            raise click.UsageError(f"{key} is given twice")
        given[key] = _value(value, taken)
    application = open_application()
    found = application.services.shops.by_slug(slug)
    connections = application.services.connections
    connection = connections.connect(found.id, plugin, given)
    url = connections.webhook_url(connection)
    facts = {"plugin": plugin, "shop": slug, **({"webhook_url": url} if url else {})}
    lines = [f"{plugin} is connected to {slug}. `salespilots doctor` tests it."]
    if url:
        lines.append(f"Webhook address to enter at the provider: {url}")
    say(as_json, facts, *lines)


@click.group("api-key")
def api_key() -> None:
    """Programs' keys."""


@api_key.command("add")
@click.option("--shop", "slug", required=True)
@click.option("--scope", "scopes", multiple=True, help="Such as orders:read; none means everything of the shop.")
@click.option("--name", default="Command line")
@json_option
@guarded
def api_key_add(slug: str, scopes: tuple[str, ...], name: str, as_json: bool) -> None:
    """Print a new key, once."""
    services = open_application().services
    key, text = services.api_keys.add(services.shops.by_slug(slug).id, name=name, scopes=scopes)
    say(as_json, {"id": key.id, "key": text}, text)


@click.group()
def demo() -> None:
    """The practice shop."""


@demo.command("load")
@click.option("--shop", "slug", required=True)
@json_option
@guarded
def demo_load(slug: str, as_json: bool) -> None:
    """Twelve products with pictures and stock, customers with chats and orders, and the starter workflows on."""
    services = open_application().services
    business_id = services.shops.by_slug(slug).id
    added = services.demo.load(business_id, actor="command line")
    customers = services.demo.load_past(business_id)
    say(
        as_json, {"shop": slug, "products_added": added, "customers_added": customers},
        f"{added} products and {customers} customers with their chats and orders added, the starter workflows are on.",
    )  # fmt: skip


@demo.command("reset")
@click.option("--shop", "slug", required=True)
@json_option
@guarded
def demo_reset(slug: str, as_json: bool) -> None:
    """End practice chats and put the practice products back on sale."""
    services = open_application().services
    services.demo.reset(services.shops.by_slug(slug).id)
    say(as_json, {"shop": slug}, "The practice shop is as new.")
