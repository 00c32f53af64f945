"""Tags of customers: which there are, how many have each; renamed or taken off everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from salespilots.domain.customer import Customer, Tag
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.events import Event
from salespilots.ports.storage import Page, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying

LONGEST = 40
AT_ONCE = 200
"""Customers that one transaction changes."""

MAX_TAGS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A tag and how many customers have it."""

    tag: Tag
    customers: int


def known_in(core: Core, uow: UnitOfWork, names: Iterable[str]) -> None:
    """Keep tags that are new."""
    for name in names:
        if uow.tags.find(name=name) is None:
            uow.tags.add_once(
                Tag(id=core.ids.new("tag"), business_id=uow.business_id, name=name, created_at=core.clock.now())
            )


class Tags:
    """Use cases of owner and API."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(self, business_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Counted]:
        """By name, with how many have each."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.tags.page(order="name", cursor=cursor, limit=limit)
            return Page([self._counted(uow, one) for one in found.items], found.next)

    def names(self, business_id: str) -> list[str]:
        """All of them."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return [one.name for one in uow.tags.select(order="name", limit=MAX_TAGS)]

    def get(self, business_id: str, tag_id: str) -> Counted:
        """One. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return self._counted(uow, uow.tags.get(tag_id))

    def add(self, business_id: str, name: str) -> Counted:
        """A new one. Raises `InvalidInput`, also for a name that is there."""
        name = _clean(name)
        with self._core.storage.unit_of_work(business_id) as uow:
            if uow.tags.count() >= MAX_TAGS:
                raise Conflict(f"A shop has at most {MAX_TAGS} tags.")
            tag = Tag(
                id=self._core.ids.new("tag"), business_id=business_id, name=name, created_at=self._core.clock.now()
            )
            if not uow.tags.add_once(tag):
                raise InvalidInput({"name": ["There is a tag of this name already."]})
            uow.commit()
        return Counted(tag=tag, customers=0)

    def rename(self, business_id: str, tag_id: str, name: str, *, actor: str = "") -> Counted:
        """Call it otherwise, at everybody who has it. Raises `Conflict` while workflows name it."""
        name = _clean(name)

        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            before = _renamed_in(uow, tag_id, name).name
        if before != name:  # the customers first: what is interrupted is done by asking again
            self._everywhere(business_id, before, lambda tags: [name if one == before else one for one in tags], actor)

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                tag = _renamed_in(uow, tag_id, name)
                tag.name = name
                uow.tags.save(tag)
                uow.commit()

        retrying(use_case)
        return self.get(business_id, tag_id)

    def delete(self, business_id: str, tag_id: str, *, actor: str = "") -> None:
        """Take it off everybody and off the list. Raises `Conflict` while workflows name it."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            name = uow.tags.get(tag_id).name
            _free_in(uow, name)
        self._everywhere(business_id, name, lambda tags: [one for one in tags if one != name], actor)

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                uow.tags.remove(uow.tags.get(tag_id))
                uow.commit()

        retrying(use_case)

    def _everywhere(self, business_id: str, name: str, change: Callable[[list[str]], list[str]], actor: str) -> None:
        """At all customers, some in each transaction; what was interrupted is done by asking again."""

        def some(after: str) -> str:
            """Those that come after this id. Returns the last one's; empty at the end."""
            with self._core.storage.unit_of_work(business_id) as uow:
                found: list[Customer] = uow.customers.select(
                    Where("tags", "has", name), Where("id", "gt", after), order="id", limit=AT_ONCE
                )
                for customer in found:
                    customer.tags = list(dict.fromkeys(change(customer.tags)))
                    uow.customers.save(customer)
                    ids = {"customer_id": customer.id}
                    uow.record(
                        Event(type="customer.changed", at=self._core.clock.now(), ids=ids, actor=actor or "system")
                    )
                uow.commit()
            return found[-1].id if found else ""

        last = retrying(lambda: some(""))
        while last:
            last = retrying(partial(some, last))

    def _counted(self, uow: UnitOfWork, tag: Tag) -> Counted:
        return Counted(tag=tag, customers=uow.customers.count(Where("tags", "has", tag.name)))


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST:
        raise InvalidInput({"name": [f"A tag has 1 to {LONGEST} characters."]})
    return name


def _renamed_in(uow: UnitOfWork, tag_id: str, name: str) -> Tag:
    """The tag, if it may be called so."""
    tag = uow.tags.get(tag_id)
    other = uow.tags.find(name=name)
    if other is not None and other.id != tag.id:
        raise InvalidInput({"name": ["There is a tag of this name already."]})
    _free_in(uow, tag.name)
    return tag


def _free_in(uow: UnitOfWork, name: str) -> None:
    """Raise `Conflict` while a workflow names the tag."""
    for workflow in uow.workflows.select(eq("archived", False)):
        live = uow.workflow_versions.find(id=workflow.live_version_id) if workflow.live_version_id else None
        if name in _named(workflow.draft) or (live is not None and name in _named(live.definition)):
            raise Conflict(f"The workflow “{workflow.name}” uses this tag: change it there first.")


def _named(definition: dict[str, Any]) -> set[str]:
    trigger = (definition.get("trigger") or {}).get("settings") or {}
    found = {str(one) for one in trigger.get("tags") or []} | {str(trigger.get("tag") or "")}
    for step in definition.get("steps") or []:
        settings = step.get("settings") or {}
        if step.get("kind") in ("customer.tag", "customer.untag"):
            found.add(str(settings.get("tag")))
        for one in [*(settings.get("all") or []), *(settings.get("any") or [])]:
            if isinstance(one, dict) and one.get("field") == "customer.tag":
                found.add(str(one.get("value")))
    return found
