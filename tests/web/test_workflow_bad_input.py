"""Bad input at the pages and programs of workflows: a clear answer, never a fault."""

from __future__ import annotations

import io
import json

from tests.support.browser import Visitor
from tests.support.program import Program, application
from tests.support.shop import Shop


def test_odd_times_scripts_and_files(shop: Shop) -> None:
    owner = Visitor(application(shop.world))
    owner.sign_in("meera@example.in")
    workflow = shop.world.services.workflows.page(shop.id).items[0].id
    at = f"/app/workflows/{workflow}"
    for odd in ("0001-01-01T00:00", "9999-12-31T23:59", "soon", "2026-13-40T99:99"):
        assert owner.post(f"{at}/dry-run", text="hi", at=odd).status_code < 500, odd
    for script in ("[" * 49_000, "{}", "null", '{"inputs": 5}', "{" * 10):
        assert owner.post(f"{at}/tests", name="x", script=script).status_code < 500, script[:10]
    definition = shop.world.services.workflows.get(shop.id, workflow).draft
    for name in ("\ud800", "a\x00b", "x" * 5000, ""):
        whole = json.dumps({"kind": "salespilots.workflow", "format": 1, "name": name, "definition": definition})
        answer = owner.client.post(
            "/app/workflows/file", base_url=owner.address,
            data={"file": (io.BytesIO(whole.encode()), "x.json"), "csrf_token": owner.token()},
        )  # fmt: skip
        assert answer.status_code in (303, 422), name[:10]


def test_a_replay_needs_the_right_to_read_chats(shop: Shop) -> None:
    shop.say("hello")
    app = application(shop.world)
    workflow = shop.world.services.workflows.page(shop.id).items[0].id
    reader = Program(app, shop, scopes=("workflows:read",))
    assert reader.post(f"/workflows/{workflow}/replay", {}).status_code == 403
    customer = shop.world.services.customers.page(shop.id).items[0].id
    assert reader.post(f"/workflows/{workflow}/dry-run", {"text": "hi", "customer_id": customer}).status_code == 422
    both = Program(app, shop, scopes=("workflows:read", "messages:read", "customers:read"))
    assert both.post(f"/workflows/{workflow}/replay", {}).status_code == 200
    assert both.post(f"/workflows/{workflow}/dry-run", {"text": "hi", "customer_id": customer}).status_code == 200
