"""The owner at the builder, without scripts."""

from __future__ import annotations

import re
from typing import Any

from salespilots.domain.workflow import Workflow, steps_by_id
from tests.support.browser import Visitor
from tests.support.shop import Shop


def text_of(page: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


class Builder:
    """The owner at the builder of one workflow."""

    def __init__(self, owner: Visitor, shop: Shop, name: str = "My prices") -> None:
        self.owner, self.shop = owner, shop
        self.token = owner.token()
        made = self.post("/app/workflows/new", name=name)
        self.id = re.search(r"/app/workflows/(wfl_\w+)/when", made)[1]  # type: ignore[index]
        self.at = f"/app/workflows/{self.id}"

    def post(self, path: str, status: int = 303, **data: Any) -> str:
        """Send a form; gives where it leads, or the page that came back."""
        sent = {name.replace("__", "-"): value for name, value in data.items()}
        answer = self.owner.client.post(path, base_url=self.owner.address, data={**sent, "csrf_token": self.token})
        assert answer.status_code == status, answer.text[-1500:]
        return answer.location if status == 303 else answer.text

    def get(self, path: str = "") -> str:
        answer = self.owner.get(self.at + path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    @property
    def workflow(self) -> Workflow:
        return self.shop.world.services.workflows.get(self.shop.id, self.id)

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        return steps_by_id(self.workflow.draft)

    def add(self, kind: str, after: str = "", branch: str = "next", **settings: Any) -> str:
        """Put a step in; gives its id."""
        spot = f"?after={after}&branch={branch}" if after else ""
        page = self.get(f"/add{spot}")
        assert f"kind={kind}" in page
        form = self.get(f"/add{spot}{'&' if spot else '?'}kind={kind}")
        assert 'id="stepform"' in form
        return self.post(f"{self.at}/add{spot}", kind=kind, **settings).rpartition("#s-")[2]
