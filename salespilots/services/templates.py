"""Templates: words in both languages with placeholders that are checked when they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from salespilots.domain.conversation import Direction
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.template import LANGUAGES, NAME, PURPOSES, Template
from salespilots.ports.settings import Words, placeholders
from salespilots.ports.storage import Page, UnitOfWork, eq
from salespilots.ports.texts import OWN_FIELD, PLACEHOLDERS, fill_in
from salespilots.services.core import Core, retrying
from salespilots.services.template_values import known_in

LONGEST = 1000
MAX_TEMPLATES = 300
MAX_REPLIES = 13

SAMPLE = {
    "customer": "Riya", "shop": "Meera Handlooms", "product": "Indigo block-print saree", "price": "₹2,499.00",
    "stock": "only 2 left", "quantity": "1", "items": "1 × Indigo block-print saree", "total": "₹2,499.00", "due": "₹2,499.00",
    "order": "SP-1043", "link": "https://…/pay", "tracking": "1234567890", "courier": "Delhivery", "address": "Pune 411038",
    "festival": "Diwali",
}  # fmt: skip
"""What placeholders stand for in a preview."""


class Templates:
    """Use cases of owner and API."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(self, business_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Template]:
        """By name."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.templates.page(order="name", cursor=cursor, limit=limit)

    def all(self, business_id: str) -> list[Template]:
        """All of them by name."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.templates.select(order="name", limit=MAX_TEMPLATES)

    def get(self, business_id: str, template_id: str) -> Template:
        """One. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.templates.get(template_id)

    def save(
        self, business_id: str, values: Mapping[str, Any], *, template_id: str | None = None, actor: str = ""
    ) -> Template:
        """Make one or change it. ``values``: name, title, purpose, texts {en, hi}, quick_replies [{title, payload}]; what is not
        named stays. Raises `InvalidInput` by field, `NotFound`."""

        def use_case() -> Template:
            with self._core.storage.unit_of_work(business_id) as uow:
                now = self._core.clock.now()
                found = uow.templates.get(template_id) if template_id else None
                template = found or Template(
                    id=self._core.ids.new("template"), business_id=business_id, name="", created_at=now, updated_at=now
                )
                before = template.name
                _fill(template, values)
                other = uow.templates.find(name=template.name)
                if other is not None and other.id != template.id:
                    raise InvalidInput({"name": ["There is a template of this name already."]})
                if found is not None and before != template.name and used_in(uow, before):
                    raise InvalidInput({"name": ["Workflows use it under its name: make a new one instead."]})
                template.updated_at = now
                if found is None:
                    if uow.templates.count() >= MAX_TEMPLATES:
                        raise Conflict(f"A shop has at most {MAX_TEMPLATES} templates.")
                    uow.templates.add(template)
                else:
                    uow.templates.save(template)
                uow.commit()
            return template

        return retrying(use_case)

    def delete(self, business_id: str, template_id: str, *, actor: str = "") -> None:
        """Take it away. Raises `Conflict` while workflows use it."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                template = uow.templates.get(template_id)
                users = used_in(uow, template.name)
                if users:
                    raise Conflict(f"“{users[0]}” uses this template.")
                uow.templates.remove(template)
                uow.commit()

        retrying(use_case)

    def uses(self, business_id: str) -> dict[str, list[str]]:
        """Template's name to the names of the workflows that use it."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            workflows = uow.workflows.select(eq("archived", False))
        found: dict[str, list[str]] = {}
        for workflow in workflows:
            for name in {
                str((step.get("settings") or {}).get("name"))
                for step in workflow.draft.get("steps") or []
                if step.get("kind") == "message.template"
            }:
                found.setdefault(name, []).append(workflow.name)
        return found

    def for_chat(self, business_id: str, conversation_id: str, name: str, language: str = "") -> str:
        """A template's words for the composer, filled with what is known of this chat. ``language``: empty is the one that
        the customer wrote last. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            template = uow.templates.find(name=name)
            if template is None:
                raise NotFound("There is no such template.")
            conversation = uow.conversations.get(conversation_id)
            language = language or self._language_in(uow, conversation_id)
            found, text = template.text(language)
            return fill_in(text, known_in(self._core, uow, conversation, found))

    def for_composer(self, business_id: str, conversation_id: str) -> list[tuple[Template, str]]:
        """All templates by name, each with its words for this chat. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            conversation = uow.conversations.get(conversation_id)
            language = self._language_in(uow, conversation_id)
            values = {one: known_in(self._core, uow, conversation, one) for one in LANGUAGES}
            templates = uow.templates.select(order="name", limit=MAX_TEMPLATES)
        return [(one, fill_in(text, values[found])) for one in templates for found, text in [one.text(language)]]

    def _language_in(self, uow: UnitOfWork, conversation_id: str) -> str:
        """The language of what the customer wrote last."""
        last = uow.messages.select(
            eq("conversation_id", conversation_id), eq("direction", Direction.IN), order="-seq", limit=1
        )
        if not last or not last[0].text:
            return "en"
        return self._core.memory.understand(self._core.understander, uow, last[0].text).language


def used_in(uow: UnitOfWork, name: str) -> list[str]:
    """Names of the workflows whose draft or live version says this template."""
    users = []
    for workflow in uow.workflows.select(eq("archived", False)):
        definitions = [workflow.draft]
        if workflow.live_version_id:
            definitions.append(uow.workflow_versions.get(workflow.live_version_id).definition)
        steps = [step for one in definitions for step in one.get("steps") or []]
        if any(
            step.get("kind") == "message.template" and (step.get("settings") or {}).get("name") == name
            for step in steps
        ):
            users.append(workflow.name)
    return users


def sample(text: str) -> str:
    """The words with invented values, for a preview."""
    return fill_in(text, SAMPLE)


def _fill(template: Template, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {}
    changed = replace(template)
    for name in ("name", "title", "purpose"):
        if name in values:
            setattr(changed, name, " ".join(str(values[name] or "").split()))
    if "texts" in values:
        changed.texts = {key: str(text).strip() for key, text in (values["texts"] or {}).items() if str(text).strip()}
    if "quick_replies" in values:
        changed.quick_replies = [
            {"title": str(one.get("title", "")), "payload": str(one.get("payload", ""))}
            for one in values["quick_replies"] or []
        ]
    if not NAME.match(changed.name):
        errors["name"] = ["Small letters, digits and _, at most 40: it is the shortcut too."]
    if len(changed.title) > 80:
        errors["title"] = ["At most 80 characters."]
    if changed.purpose not in PURPOSES:
        errors["purpose"] = [f"Choose one of {', '.join(PURPOSES)}."]
    if not changed.texts:
        errors["texts"] = ["Write the words in at least one language."]
    for language, text in changed.texts.items():
        problem = words_problem(text) if language in LANGUAGES else "Choose English (en) or Hindi (hi)."
        if problem:
            errors.setdefault("texts", []).append(f"{language}: {problem}")
    errors |= _replies_problem(changed.quick_replies)
    if errors:
        raise InvalidInput(errors)
    for name in ("name", "title", "purpose", "texts", "quick_replies"):
        setattr(template, name, getattr(changed, name))


def _replies_problem(replies: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    fits = all(1 <= len(one["title"]) <= 20 and 1 <= len(one["payload"]) <= 200 for one in replies)
    if len(replies) > MAX_REPLIES or not fits:
        return {"quick_replies": [f"At most {MAX_REPLIES}, each with a title of up to 20 characters and a meaning."]}
    return {}


def words_problem(text: str) -> str:
    """Why these words cannot be a template; empty when they can."""
    if len(text) > LONGEST:
        return f"At most {LONGEST} characters."
    try:
        Words().deserialize(text)
    except ValidationError as error:
        return str(error.messages[0])
    unknown = [one for one in placeholders(text) if one not in PLACEHOLDERS and not one.startswith(OWN_FIELD)]
    if unknown:
        return (
            f"Nothing gives a value for {{{unknown[0]}}}. There are {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)}."
        )
    return ""
