"""The owner's rules for what workflows say unasked, the hours of the shop, and the secret that calls are signed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from salespilots.domain.automation import DAYS, MAX_CAP, AutomationRules, minutes_of, read_rules
from salespilots.domain.errors import InvalidInput
from salespilots.services.core import Core, retrying
from salespilots.services.workflows.calling import signing_secret

TIMES = ("quiet_from", "quiet_until", "opens", "closes")
KNOWN = frozenset(one.name for one in fields(AutomationRules))


class AutomationSettings:
    """Reads and changes them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, business_id: str) -> AutomationRules:
        """As they are now."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.shop().automation_rules

    def change(self, business_id: str, values: Mapping[str, Any]) -> AutomationRules:
        """Change some of them. Raises `InvalidInput` by field."""
        _check(values)

        def use_case() -> AutomationRules:
            with self._core.storage.unit_of_work(business_id) as uow:
                shop = uow.shop()
                rules = replace(shop.automation_rules, **values)
                if minutes_of(rules.opens) >= minutes_of(rules.closes):
                    raise InvalidInput({"closes": ["The shop closes after it opens."]})
                kept = {name: value for name, value in shop.automation.items() if name not in KNOWN}
                shop.automation = {
                    **kept,
                    **{n: list(v) if isinstance(v, tuple) else v for n, v in asdict(rules).items()},
                }
                uow.save_shop(shop)
                uow.commit()
                return read_rules(shop.automation)

        return retrying(use_case)

    def secret(self, business_id: str) -> str:
        """What calls to the shop's own addresses are signed with."""
        return signing_secret(self._core, business_id)


def _check(values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {name: ["There is no such rule."] for name in set(values) - KNOWN}
    for name in TIMES:
        try:
            minutes_of(str(values.get(name, "00:00")))
        except ValueError as error:
            errors[name] = [str(error)]
    cap = values.get("cap", 0)
    if isinstance(cap, bool) or not isinstance(cap, int) or not 0 <= cap <= MAX_CAP:
        errors["cap"] = [f"Choose a number from 0 to {MAX_CAP}."]
    if not set(values.get("closed_days", ())) <= set(DAYS):
        errors["closed_days"] = [f"Choose from {', '.join(DAYS)}."]
    if not isinstance(values.get("quiet", True), bool):
        errors["quiet"] = ["Choose yes or no."]
    if len(values.get("quiet_festivals", ())) > 60:
        errors["quiet_festivals"] = ["That is too many."]
    if errors:
        raise InvalidInput(errors)
