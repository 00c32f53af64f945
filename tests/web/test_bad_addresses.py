"""Every address of the product with what nobody should write into one: 4xx or an ordinary page, never a 5xx."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.routing import Rule

import salespilots.web
from salespilots.services.rehearsal.script import say as rehearse
from salespilots.testing.contracts.storage import FOREIGN_CURSORS
from tests.support.browser import Visitor
from tests.support.imports import with_a_problem
from tests.support.posts import comment_rule, story_post
from tests.support.program import Program, application
from tests.support.shop import Shop

HUGE = "9" * 40
ODD = (
    HUGE, "9" * 5000, "-1", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%F0%9F%99%8F", "%D9%A3", "%25", "'%20OR%201=1--",
    "..%2F..%2Fetc%2Fpasswd", "null", "[]",
)  # fmt: skip
PATHS = (*ODD, "ord_" + "x" * 5000, "ord_" + HUGE)
VALUES = (*ODD, *FOREIGN_CURSORS, "0001-01-01", "9999-12-31", "2026-13-45", "x" * 5000, "")
ON_PAGES = (HUGE, "9" * 5000, "a%00b", "%ED%A0%80", "%FF%FE", "%D9%A3", "[]", *FOREIGN_CURSORS[5:10])
"""Fewer: a page costs more than an answer of the API."""
FOR_DATABASES = (HUGE, "a%00b", "%ED%A0%80", *FOREIGN_CURSORS[5:7])
"""Fewer still: what a second database may take otherwise."""


def query_names() -> set[str]:
    """What the pages read from their addresses."""
    names: set[str] = set()
    for source in Path(salespilots.web.__file__).parent.rglob("*"):
        if source.suffix in (".py", ".html"):
            names |= set(re.findall(r'args\.get\(["\'](\w+)["\']', source.read_text()))
    return names


class Everybody:
    """The owner in a browser and a program with a key, at one shop with a chat and a paid order."""

    def __init__(self, shop: Shop) -> None:
        order = shop.order_two_sarees()
        self.args: dict[str, str] = {
            "token": shop.payment(order).reference, "order_id": order.id, "conversation_id": str(order.conversation_id),
            "customer_id": order.customer_id, "product_id": shop.product("blue").product.id,
            "message_id": shop.phone()[-1].id, "payment_id": shop.payment(order).id, "persona": "riya", "key": "practice",
            "key_id": "key_x", "tag_id": "0", "picture_id": "0", "place": "0", "business_id": "practice", "name": "blue-saree.png",
            "provider": "practice", "endpoint_token": "x", "filename": "x", "return_id": "rtn_x", "discount_id": "dsc_x", "reference": "x", "line_id": "stl_x", "waiting_id": "wtg_x", "fact_id": "unm_x", "invoice_id": "inv_x", "starter": "welcome",
            **dict(zip(("import_id", "row_id"), with_a_problem(shop), strict=True)),
        }  # fmt: skip
        order = shop.pay(order)
        run = next(
            run
            for flow in shop.world.services.workflows.page(shop.id, limit=50).items
            for run in shop.world.services.run_log.runs(shop.id, flow.id).items
        )
        self.args |= {"workflow_id": run.workflow_id, "run_id": run.id, "step_id": "find", "number": "1"}
        words = {"name": "hello", "texts": {"en": "Hello {customer}"}}
        self.args |= {
            "template_id": shop.world.services.templates.save(shop.id, words).id,
            "tag_id": shop.world.services.tags.add(shop.id, "Club").tag.id,
            "case_id": shop.world.services.cases.keep(shop.id, run.workflow_id, "Hello", rehearse("hello")).id,
        }
        self.args |= {"post_id": story_post(shop).id, "rule_id": comment_rule(shop)}
        self.app = application(shop.world)
        self.owner, self.program = Visitor(self.app), Program(self.app, shop)
        self.owner.sign_in("meera@example.in")
        self.form_token = self.owner.token()

    def rules(self, method: str) -> list[Rule]:
        """Those that take this method."""
        return [rule for rule in self.app.url_map.iter_rules() if method in (rule.methods or ())]

    def path(self, rule: Rule, **odd: str) -> str:
        """The rule's address with real ids, some of them replaced."""
        given = {**self.args, **odd}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: given[found.group(1)], rule.rule)

    def status(self, method: str, path: str) -> int:
        """The status of one call by whoever may make it."""
        if path.startswith("/api/v1/"):
            return self.program.call(method, path, None if method == "GET" else {}).status_code
        if method == "GET":
            return self.owner.get(path).status_code
        return self.owner.post(path, token=False, csrf_token=self.form_token).status_code


@pytest.fixture
def everybody(any_shop: Shop) -> Everybody:
    return Everybody(any_shop)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_paths(everybody: Everybody, method: str) -> None:
    wrong: dict[str, int] = {}
    tried = 0
    for rule in everybody.rules(method):
        for path in (everybody.path(rule, **{name: odd}) for name in rule.arguments for odd in PATHS):
            status = everybody.status(method, path)
            tried += 1
            if status >= 500:
                wrong[path[:120]] = status
    assert wrong == {}
    assert tried >= len(PATHS)
    assert everybody.owner.signed_in


def test_queries_of_pages(everybody: Everybody, request: pytest.FixtureRequest) -> None:
    odds = FOR_DATABASES if "postgresql" in request.node.name else ON_PAGES
    names = query_names()
    assert {"after", "before", "q", "state", "range", "lang", "sheet"} <= names
    wrong: dict[str, int] = {}
    for path in map(everybody.path, everybody.rules("GET")):
        if path.startswith("/api/v1/") or everybody.status("GET", path) not in (200, 204, 500):
            continue
        for odd in odds:
            status = everybody.status("GET", f"{path}?" + "&".join(f"{name}={odd}" for name in sorted(names)))
            # What one of them is refused for may hide what another one does.
            singly = sorted(names) if status == 422 else []
            status = max([status, *(everybody.status("GET", f"{path}?{name}={odd}") for name in singly)])
            if status >= 500:
                wrong[f"{path}?…={odd[:80]}"] = status
    assert wrong == {}


def test_queries_of_the_api(everybody: Everybody) -> None:
    described = everybody.program.call("GET", "/openapi.json").json["paths"]
    wrong: dict[str, int] = {}
    tried = 0
    for rule in everybody.rules("GET"):
        offered = described.get(re.sub(r"<(\w+)>", r"{\1}", rule.rule), {}).get("get", {}).get("parameters", [])
        for name in (one["name"] for one in offered if one.get("in") == "query"):
            for odd in VALUES:
                query = f"{everybody.path(rule)}?{name}={odd}"
                status = everybody.status("GET", query)
                tried += 1
                if status >= 500:
                    wrong[query[:120]] = status
    assert wrong == {}
    assert tried > 20 * len(VALUES)
