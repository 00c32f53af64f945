"""The contract of a channel whose accounts are signed in with and looked after. Subclass `AccountContract` and give it an
``account_harness`` fixture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .harness import Harness

NOW = datetime(2026, 11, 22, 4, 30, 0, tzinfo=UTC)
RETURN = "https://shop.example/app/settings/integrations/x/return"
AWAY = ("500", "502_html", "200_rubbish", "drop", "429", "timeout")


@dataclass(kw_only=True)
class AccountHarness(Harness):
    """How the suite reaches one account.

    ``come_back(address, allow)`` plays the owner at the provider's page and gives the query that the browser returns with.
    ``sign(login_ref, secret, at)`` is a notice as the provider signs it; ``secret`` None: with the right one. ``sent()``: how
    many messages the far side has taken. ``grow_old(days)`` moves the provider's clock, ``kill()`` ends the token.
    """

    come_back: Callable[[str, bool], Mapping[str, str]]
    sign: Callable[[str, str | None, datetime], str]
    sent: Callable[[], int]
    grow_old: Callable[[int], object]
    kill: Callable[[], object]

    def login(self, **changed: Any) -> Any:
        """The provider's sign-in."""
        return self.provider.login(self.plugin_settings(**changed))

    def channel(self) -> Any:
        """The adapter."""
        return self.provider.build(self.plugin_settings())

    def having(self, what: str) -> Any:
        """The adapter, or skip what the channel does not have."""
        if what not in self.provider.capabilities.account:
            pytest.skip(f"no {what}")
        return self.channel()


class AccountContract:
    """Every channel with a `ChannelLogin` passes this."""

    def test_it_is_available_when_the_operator_has_set_it_up(self, account_harness: AccountHarness) -> None:
        assert account_harness.login().available()
        empty = dict.fromkeys(account_harness.instance, "")
        assert not account_harness.login(**empty).available()

    def test_the_address_carries_state_and_way_back(self, account_harness: AccountHarness) -> None:
        address = account_harness.login().address("s" * 43, RETURN)
        query = parse_qs(urlsplit(address).query)
        assert ["s" * 43] in query.values()
        assert [RETURN] in query.values()
        assert not any(secret in address for secret in account_harness.secrets())

    def test_a_yes_becomes_settings(self, account_harness: AccountHarness) -> None:
        login, provider = account_harness.login(), account_harness.provider
        granted = login.finish(account_harness.come_back(login.address("s", RETURN), True), RETURN, NOW)
        loaded = provider.settings().load({**granted.values, **granted.secrets})
        assert str(loaded[provider.account_field]) in granted.login_refs
        assert granted.missing == ()
        assert granted.expires_at is None or granted.expires_at > NOW + timedelta(hours=1)
        assert not any(secret in repr(granted) for secret in granted.secrets.values())

    def test_a_no_is_refused(self, account_harness: AccountHarness) -> None:
        from salespilots.ports.channel_account import SignInRefused

        login = account_harness.login()
        query = account_harness.come_back(login.address("s", RETURN), False)
        for given in (query, {}, {"code": "made-up"}):
            with pytest.raises(SignInRefused) as error:
                login.finish(given, RETURN, NOW)
            assert error.value.message.endswith(".")
            assert error.value.reason

    def test_a_notice_is_read_when_it_is_signed(self, account_harness: AccountHarness) -> None:
        from salespilots.ports.errors import BadSignature

        login = account_harness.login()
        assert login.read_notice(account_harness.sign("4711", None, NOW), NOW).login_ref == "4711"
        with pytest.raises(BadSignature):
            login.read_notice(account_harness.sign("4711", "somebody-elses", NOW), NOW)
        for broken in ("", "x", "x.y", "." * 3, "ख.ख"):
            with pytest.raises((BadSignature, ValueError)):
                login.read_notice(broken, NOW)

    @pytest.mark.parametrize("kind", AWAY)
    def test_a_look_at_a_provider_that_is_away_has_a_line(self, account_harness: AccountHarness, kind: str) -> None:
        from salespilots.ports.channel_account import Known

        channel = account_harness.having("diagnose")
        account_harness.breaks(kind, times=20)
        checks = channel.diagnose(Known()).checks
        assert checks
        assert any(one.state != "ok" for one in checks)
        assert {one.state for one in checks} <= {"ok", "warning", "problem", "unknown"}
        assert len({one.key for one in checks}) == len(checks)

    def test_a_look_sends_nothing_and_sees_what_is_asked_for(self, account_harness: AccountHarness) -> None:
        from salespilots.ports.channel_account import Known

        channel = account_harness.having("subscribe")
        taken = channel.subscribe().fields
        assert taken
        assert channel.subscribe(taken).fields == taken
        found = channel.diagnose(Known())
        assert found.worst is None
        assert found.delivered is None or set(taken) <= set(found.delivered)
        channel.unsubscribe()
        worst = channel.diagnose(Known()).worst
        assert worst is not None
        assert (worst.key, bool(worst.action)) == ("events", True)
        assert account_harness.sent() == 0

    def test_a_token_is_made_new_while_it_lives(self, account_harness: AccountHarness) -> None:
        from salespilots.ports.errors import AuthFailed, Unavailable

        channel = account_harness.having("renew")
        account_harness.grow_old(8)
        renewed = channel.renew(NOW)
        assert renewed.expires_at > NOW + timedelta(days=8)
        assert renewed.secrets
        account_harness.breaks("500")
        with pytest.raises(Unavailable):
            channel.renew(NOW)
        account_harness.kill()
        with pytest.raises(AuthFailed):
            channel.renew(NOW)

    def test_a_menu_is_shown_as_it_was_given(self, account_harness: AccountHarness) -> None:
        from salespilots.ports.channel_account import Menu, MenuItem

        limits = account_harness.provider.capabilities.menu
        if limits is None:
            pytest.skip("no menu")
        channel = account_harness.channel()
        items = tuple(MenuItem(title=f"{number}?", payload="catalogue") for number in range(limits.questions))
        for menu in (Menu(questions=items, entries=(MenuItem(title="Shop", url="https://shop.example/"),)), Menu()):
            channel.show_menu(menu)
            assert channel.menu() == menu
