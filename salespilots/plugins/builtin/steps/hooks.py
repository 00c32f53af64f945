"""Registration of the built-in triggers and actions."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.plugins.builtin.steps import (
    asking,
    cart,
    checking,
    comments,
    customer,
    events,
    flow,
    moments,
    orders,
    products,
    reaching,
    talking,
    timed,
    triggers,
    words,
)
from salespilots.ports.extensions import ActionType, TriggerType
from salespilots.ports.markers import hookimpl


@hookimpl
def salespilots_workflow_triggers() -> Sequence[TriggerType]:
    """When a workflow starts."""
    return [
        *words.TRIGGERS,
        *triggers.TRIGGERS,
        *moments.TRIGGERS,
        *comments.TRIGGERS,
        *events.TRIGGERS,
        *timed.TRIGGERS,
    ]


@hookimpl
def salespilots_workflow_actions() -> Sequence[ActionType]:
    """What a step does."""
    return [
        *talking.ACTIONS,
        *products.ACTIONS,
        *asking.ACTIONS,
        *cart.ACTIONS,
        *orders.ACTIONS,
        *customer.ACTIONS,
        *checking.ACTIONS,
        *flow.ACTIONS,
        *reaching.ACTIONS,
        *comments.ACTIONS,
    ]
