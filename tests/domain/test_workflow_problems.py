"""What is wrong with a definition, and where."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.errors import DefinitionInvalid
from salespilots.domain.workflow_problems import KindOfStep, Problem, check, problems_of, structure_of

KINDS = {
    one.key: one
    for one in (
        KindOfStep(key="say", sends=True),
        KindOfStep(key="ask", sends=True, waits=True, exits=frozenset({"on_no", "on_timeout", "on_error"})),
        KindOfStep(key="flow.wait", waits=True, exits=frozenset({"on_event"})),
        KindOfStep(key="message.follow_up", waits=True, sends=True, exits=frozenset({"on_event"})),
        KindOfStep(key="flow.branch", exits=frozenset({"then", "else"})),
        KindOfStep(key="flow.stop", ends=True),
    )
}
KNOWN: dict[str, Any] = {"triggers": {"message.received"}, "kinds": KINDS}


def definition(*steps: dict) -> dict:
    return {"trigger": {"kind": "message.received"}, "steps": list(steps)}


def wait(id: str, length: str, next: str, **settings: Any) -> dict:
    return {"id": id, "kind": "flow.wait", "settings": {"for": length, **settings}, "next": next, "on_event": "end"}


SAY = {"id": "say", "kind": "say", "next": "end"}


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({"trigger": {"kind": "x"}, "steps": [SAY]}, "When: unknown trigger"),
        (definition({"id": "a", "kind": "zzz"}), "Step a: unknown kind"),
        (definition({"id": "a", "kind": "say", "next": "b"}), "Step a: next names a missing step"),
        (definition({"id": "a", "kind": "say"}, {"id": "a", "kind": "say"}), "Step a: used twice"),
        (definition({"id": "end", "kind": "say"}), "Step end: choose another id"),
        (definition(*({"id": f"s{n}", "kind": "say"} for n in range(61))), "At most 60 steps"),
        (
            definition({"id": "a", "kind": "say", "next": "b"}, {"id": "b", "kind": "say", "next": "a"}),
            "Step b: goes back to a without waiting",
        ),
    ],
)
def test_what_no_draft_may_have(made: dict, problem: str) -> None:
    assert any(one.sentence.startswith(problem) for one in structure_of(made, **KNOWN))
    assert all(one.saves for one in structure_of(made, **KNOWN))


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (definition(), "at least one step"),
        (definition({"id": "a", "kind": "say"}, {"id": "b", "kind": "say"}), "Step b: nothing leads here"),
        (definition({"id": "a", "kind": "flow.stop", "next": "b"}, {**SAY, "id": "b"}), "Step b: nothing leads here"),
        (
            definition(
                {"id": "a", "kind": "flow.wait", "settings": {"for": "PT1H"}, "next": "b", "on_event": "b"},
                {"id": "b", "kind": "say", "next": "a"},
            ),
            "no way leads to an end",
        ),
    ],
)
def test_what_may_not_go_live(made: dict, problem: str) -> None:
    found = problems_of(made, **KNOWN)
    assert any(problem in one.sentence for one in found)
    with pytest.raises(DefinitionInvalid):
        check(found)


def test_a_loop_that_waits_is_fine() -> None:
    made = definition({"id": "a", "kind": "ask", "next": "b"}, {"id": "b", "kind": "say", "next": "a"})
    assert problems_of(made, **KNOWN) == []


def test_ten_thousand_steps_in_a_ring_are_refused_by_their_number() -> None:
    ring = definition(*({"id": f"s{n}", "kind": "say", "next": f"s{(n + 1) % 10_000}"} for n in range(10_000)))
    assert [one.text for one in structure_of(ring, **KNOWN)] == ["At most 60 steps."]


LATE = "more than 24 hours"


@pytest.mark.parametrize(
    ("steps", "late"),
    [
        ([wait("w", "PT4H", "say"), SAY], False),
        ([wait("w", "P3D", "say"), SAY], False),  # moved to before the window closes
        ([wait("w", "P3D", "say", window="keep"), SAY], True),
        ([wait("w", "PT20H", "v", window="keep"), wait("v", "PT5H", "say", window="keep"), SAY], True),
        ([wait("w", "PT20H", "v"), wait("v", "PT2H", "say"), SAY], False),
        ([wait("w", "PT23H", "v"), wait("v", "PT23H", "u"), wait("u", "PT1H", "say"), SAY], True),
        (
            [
                wait("w", "P3D", "open", window="keep"),
                {
                    "id": "open", "kind": "flow.branch", "settings": {"all": [{"field": "window.open", "value": True}]},
                    "then": "say", "else": "end",
                },
                SAY,
            ],
            False,
        ),
        (
            [
                {"id": "f", "kind": "message.follow_up", "settings": {"after": "P2D", "window": "keep"}, "next": "end"},
            ],
            True,
        ),
        (
            [
                {"id": "f", "kind": "message.follow_up", "settings": {"after": "PT6H"}, "next": "a", "on_event": "end"},
                {"id": "a", "kind": "ask", "settings": {"wait_hours": 23}, "next": "say", "on_timeout": "end"},
                SAY,
            ],
            False,  # they wrote again before the last word
        ),
    ],
)  # fmt: skip
def test_what_would_be_said_after_the_reply_window(steps: list[dict], late: bool) -> None:
    found = problems_of(definition(*steps), **KNOWN)
    assert any(LATE in one.text for one in found) is late, found


def test_a_warning_stops_nothing() -> None:
    check([Problem(text="worth a look", stops=False)])
    made = definition({"id": "a", "kind": "say", "next": "end", "on_many": "end"})
    found = problems_of(made, **KNOWN)
    assert [one.text for one in found] == ["it never leaves by on_many."]
    check(found)
