"""A shop whose owner signs in at the stand-in's Instagram: all three hosts are the stand-in, the clocks go together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from werkzeug.test import TestResponse

from salespilots.domain.business import Connection
from salespilots.domain.events import Event
from salespilots.ports.channel_account import Check
from salespilots.services.connecting import told
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from tests.support.browser import Visitor
from tests.support.shop import Shop, World

SECRET = "app-secret-of-the-account"
APP_ID = "123456789012345"
PAGE = "/app/settings/integrations/instagram"
HOME = "http://127.0.0.1:8000"


def environ(url: str, **more: str) -> dict[str, str]:
    """What the operator has set."""
    hosts = {f"SALESPILOTS_INSTAGRAM_{name}_URL": url for name in ("GRAPH", "API", "LOGIN")}
    return {
        **hosts, "SALESPILOTS_INSTAGRAM_APP_ID": APP_ID, "SALESPILOTS_INSTAGRAM_APP_SECRET": SECRET,
        "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": "verify", "SALESPILOTS_ALLOW_PRIVATE_URLS": "1", **more,
    }  # fmt: skip


class AccountDesk:
    """``owner``: their browser. ``twin``: Instagram."""

    def __init__(self, make_world: Callable[..., World], database_url: str, server: TwinServer, **more: str) -> None:
        assert isinstance(server.twin, InstagramTwin)
        self.server, self.twin = server, server.twin
        self.world: World = make_world(database_url, discover=True, environ=environ(server.url, **more))
        self.shop: Shop = self.world.practice_shop()
        self.services = self.world.services
        self.owner = self.visitor("meera@example.in")

    def visitor(self, email: str) -> Visitor:
        """A browser that is signed in."""
        visitor = Visitor.of(self.world, HOME)
        visitor.sign_in(email)
        return visitor

    # --- signing in ---------------------------------------------------------------------------------------

    def leave(self, who: Visitor | None = None) -> dict[str, str]:
        """The owner goes to Instagram; gives what the address asks for."""
        answer = (who or self.owner).get(f"{PAGE}/sign-in")
        assert answer.status_code == 303, answer.status_code
        assert answer.location.startswith(f"{self.server.url}/oauth/authorize?")
        return dict(parse_qsl(urlsplit(answer.location).query))

    def allow(
        self, asked: dict[str, str], account: str = ACCOUNT, without: tuple[str, ...] = (), answer: str = "allow"
    ) -> str:
        """The owner chooses on Instagram's page; gives the query that the browser comes back with."""
        fields = [*asked.items(), ("account", account), ("answer", answer)]
        fields += [("granted", one) for one in asked["scope"].split(",") if one not in without]
        said = httpx.post(
            f"{self.server.url}/oauth/authorize", content=urlencode(fields), trust_env=False,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert said.status_code == 302, said.text
        parts = urlsplit(said.headers["Location"])
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{HOME}{PAGE}/return"
        return f"{parts.query}#{parts.fragment}"

    def back(self, query: str, who: Visitor | None = None) -> TestResponse:
        """The browser comes back."""
        return (who or self.owner).get(f"{PAGE}/return?{query.partition('#')[0]}")

    def sign_in(self, **choice: Any) -> TestResponse:
        """There and back."""
        return self.back(self.allow(self.leave(), **choice))

    def code(self) -> str:
        """A code of Instagram for this shop's address."""
        return parse_qs(self.allow(self.leave()).partition("#")[0])["code"][0]

    # --- what is stored -----------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection | None:
        """As it is stored."""
        return self.services.connections.find(self.shop.id, "instagram")

    @property
    def stored(self) -> Connection:
        """The same; it is there."""
        found = self.connection
        assert found is not None
        return found

    def token(self) -> str:
        """The token in the vault."""
        found = self.stored
        return self.services.core.vault.open(self.shop.id, "instagram", found.secrets)["access_token"]

    def checks(self) -> dict[str, Check]:
        """The lines of the last look."""
        return {one.key: one for one in told.checks_in(self.stored.facts)}

    def look(self) -> dict[str, Check]:
        """Look now, as the page's button does."""
        self.owner.post(f"{PAGE}/test")
        return self.checks()

    def events(self, kind: str) -> list[Event]:
        """Of the shop's log."""
        with self.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
            return uow.events.latest((kind,), 50)

    # --- time ---------------------------------------------------------------------------------------------

    def later(self, **duration: float) -> None:
        """Time passes here and there, and what is due is done."""
        passed = timedelta(**duration)
        self.world.clock.advance(passed)
        self.server.call("/__clock", {"advance": passed.total_seconds()})
        self.sweep()

    def sweep(self) -> None:
        """What a worker does."""
        self.services.maintenance.sweep(lambda lanes: None)
        self.world.settle()
