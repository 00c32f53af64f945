"""The rules of automation and the tags, as the owner sets them."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

import pytest

from salespilots.services.workflows.calling import signature
from tests.support.browser import Visitor
from tests.support.shop import Shop

RULES = {"quiet": "1", "quiet_from": "21:30", "quiet_until": "09:00", "cap": "2", "opens": "11:00", "closes": "19:00"}


def send(owner: Visitor, path: str, data: dict[str, object], status: int = 303) -> str:
    answer = owner.client.post(path, base_url=owner.address, data={**data, "csrf_token": owner.token()})
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def test_the_rules_are_kept_and_shown(owner: Visitor, shop: Shop) -> None:
    path = "/app/settings/automation"
    send(owner, path, {**RULES, "closed_days": ["sun", "mon", "today"], "quiet_festivals": ["diwali", "holi", "x"]})
    rules = shop.world.services.automation.get(shop.id)
    assert (rules.quiet, rules.quiet_from, rules.quiet_until, rules.cap) == (True, "21:30", "09:00", 2)
    assert (rules.opens, rules.closes, rules.closed_days) == ("11:00", "19:00", ("mon", "sun"))
    assert rules.quiet_festivals == ("holi", "diwali")
    text = owner.get(path).text
    assert re.findall(r'name="(?:closed_days|quiet_festivals)" value="(\w+)" checked', text) == ["holi", "diwali", "mon", "sun"]  # fmt: skip
    assert 'value="21:30"' in text
    send(owner, path, {**RULES, "quiet": ""})
    rules = shop.world.services.automation.get(shop.id)
    assert (rules.quiet, rules.closed_days, rules.quiet_festivals) == (False, (), ())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quiet_from": "25:00"}, "quiet_from"), ({"cap": "21"}, "cap"), ({"cap": "-1"}, "cap"), ({"cap": "many"}, "cap"),
        ({"opens": "19:00", "closes": "11:00"}, "closes"), ({"opens": ""}, "opens"), ({"closes": "7"}, "closes"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_the_field(
    owner: Visitor, shop: Shop, change: dict[str, str], field: str
) -> None:
    before = shop.world.services.automation.get(shop.id)
    text = send(owner, "/app/settings/automation", {**RULES, **change, "closed_days": ["tue"]}, 422)
    assert f'id="e-{field}"' in text
    assert 'value="tue" checked' in text
    assert shop.world.services.automation.get(shop.id) == before


def test_the_secret_is_shown_when_asked_for_and_verifies(owner: Visitor, shop: Shop) -> None:
    path = "/app/settings/automation"
    secret = shop.world.services.automation.secret(shop.id)
    assert secret not in owner.get(path).text
    answer = owner.client.post(f"{path}/secret", base_url=owner.address, data={"csrf_token": owner.token()})
    assert secret in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    t, v1 = (one.partition("=")[2] for one in signature(secret, 1_700_000_000, b"{}").split(","))
    assert hmac.new(secret.encode(), f"{t}.".encode() + b"{}", sha256).hexdigest() == v1  # as the page tells
    assert "hmac.new(secret.encode(), f&#34;{t}.&#34;.encode() + body" in answer.text or "{t}." in answer.text


def test_tags_are_added_renamed_and_deleted(owner: Visitor, shop: Shop) -> None:
    shop.say("hello")
    services, path = shop.world.services, "/app/settings/tags"
    customer = services.customers.page(shop.id).items[0].id
    services.customers.add_tag(shop.id, customer, "Regular")
    assert "1 customer" in owner.get(path).text
    send(owner, path, {"name": "Wholesale"})
    assert services.tags.names(shop.id) == ["Regular", "Wholesale"]
    assert "There is a tag of this name already." in send(owner, path, {"name": "Wholesale"}, 422)
    assert "Write this." in send(owner, path, {"name": " "}, 422)
    ids = {one.tag.name: one.tag.id for one in services.tags.page(shop.id).items}
    send(owner, f"{path}/{ids['Regular']}", {"name": "Good friend"})
    assert services.customers.get(shop.id, customer).tags == ["Good friend"]
    send(owner, f"{path}/{ids['Regular']}", {"name": "Wholesale"})
    assert "There is a tag of this name already." in owner.get(path).text
    send(owner, f"{path}/{ids['Regular']}/delete", {})
    assert services.customers.get(shop.id, customer).tags == []
    assert services.tags.names(shop.id) == ["Wholesale"]
    for missing in (f"{path}/tag_nothing", f"{path}/tag_nothing/delete"):
        send(owner, missing, {"name": "x"}, 404)


def test_a_tag_that_a_workflow_names_stays(owner: Visitor, shop: Shop) -> None:
    services = shop.world.services
    services.starters.use(shop.id, "cod_confirm")
    made = services.tags.add(shop.id, "COD confirmed").tag.id
    send(owner, f"/app/settings/tags/{made}/delete", {})
    assert "change it there first" in owner.get("/app/settings/tags").text
    assert services.tags.names(shop.id) == ["COD confirmed"]
