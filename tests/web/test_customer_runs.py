"""What workflows did for one customer is told on their page."""

from __future__ import annotations

from tests.support.browser import Visitor
from tests.support.program import application
from tests.support.shop import Shop


def test_runs_and_fields_are_on_the_profile(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    shop.say("hello", who="kavya")
    people = {one.name: one for one in shop.world.services.customers.page(shop.id, limit=50).items}
    with shop.world.storage.unit_of_work(shop.id) as uow:
        riya = uow.customers.get(people["Riya"].id)
        riya.fields = {"shoe_size": "<38>"}
        uow.customers.save(riya)
        uow.commit()
    owner = Visitor(application(shop.world))
    owner.sign_in("meera@example.in")
    page = owner.get(f"/app/customers/{riya.id}").text
    assert "What workflows did" in page
    assert "Price and buy" in page
    assert "Shoe size" in page
    assert "&lt;38&gt;" in page
    run = shop.world.services.run_log.of_customer(shop.id, riya.id)[0][0]
    assert owner.get(f"/app/workflows/{run.workflow_id}/runs/{run.id}").status_code == 200
    assert all(one.customer_id == riya.id for one, _ in shop.world.services.run_log.of_customer(shop.id, riya.id))
