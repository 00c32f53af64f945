"""Editing the structure of a definition: whatever is done, it stays one that can be kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salespilots.domain.errors import Conflict, NotFound
from salespilots.domain.workflow import BRANCHES, steps_by_id
from salespilots.domain.workflow_editing import Spot, change, duplicate, insert, lead, may_move, move, remove
from salespilots.domain.workflow_outline import Lane, Outline, outline
from salespilots.domain.workflow_problems import KindOfStep, problems_of, structure_of

KINDS = {
    one.key: one
    for one in (
        KindOfStep(key="message.text", sends=True),
        KindOfStep(key="ask", sends=True, waits=True, exits=frozenset({"on_no", "on_timeout", "on_error"})),
        KindOfStep(key="product.find", exits=frozenset({"on_many", "on_empty"})),
        KindOfStep(key="flow.branch", exits=frozenset({"then", "else"})),
        KindOfStep(key="flow.stop", ends=True),
    )
}
KNOWN: dict[str, Any] = {"triggers": {"message.received"}, "kinds": KINDS}
EMPTY: dict[str, Any] = {"trigger": {"kind": "message.received"}, "steps": []}


def built(*kinds: str) -> dict[str, Any]:
    """These one after the other."""
    made, spot = EMPTY, Spot()
    for kind in kinds:
        made, id = insert(made, kind, {}, spot, KINDS)
        spot = Spot(after=id, branch="then" if kind == "flow.branch" else "next")
    return made


def links(definition: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        id: {key: step[key] for key in BRANCHES if key in step} for id, step in steps_by_id(definition).items()
    }  # fmt: skip


def test_steps_are_put_between_others() -> None:
    made = built("product.find", "message.text")
    made, id = insert(made, "message.text", {"text": "Hi"}, Spot(after="find"), KINDS)
    assert links(made) == {"find": {"next": "text-2"}, "text-2": {"next": "text"}, "text": {"next": "end"}}
    made, first = insert(made, "ask", {}, Spot(), KINDS)
    assert (made["steps"][0]["id"], made["steps"][0]["next"]) == (first, "find")
    made, side = insert(made, "message.text", {}, Spot(after="find", branch="on_empty"), KINDS)
    assert steps_by_id(made)["find"]["on_empty"] == side
    assert steps_by_id(made)[id]["settings"] == {"text": "Hi"}
    assert built("flow.stop")["steps"] == [{"id": "stop", "kind": "flow.stop", "settings": {}}]
    assert EMPTY["steps"] == []


def test_what_came_after_goes_on_by_the_yes_of_a_check() -> None:
    made, check = insert(built("product.find", "message.text"), "flow.branch", {}, Spot(after="find"), KINDS)
    assert steps_by_id(made)[check] == {"id": "branch", "kind": "flow.branch", "settings": {}, "then": "text"}


def test_removing_heals_the_way_and_takes_what_only_it_led_to() -> None:
    made = built("product.find", "flow.branch", "message.text")
    made, other = insert(made, "message.text", {}, Spot(after="branch", branch="else"), KINDS)
    made, _ = insert(made, "ask", {}, Spot(after=other), KINDS)
    made = remove(made, "branch", KINDS)
    assert links(made) == {"find": {"next": "text"}, "text": {"next": "end"}}
    made = remove(made, "find", KINDS)
    assert made["steps"][0]["id"] == "text"
    assert remove(made, "text", KINDS)["steps"] == []


def test_removing_what_waits_leaves_no_endless_way() -> None:
    made = built("product.find", "ask")
    made = lead(made, "ask", "next", "find")
    assert not structure_of(made, **KNOWN)
    assert links(remove(made, "ask", KINDS)) == {"find": {"next": "end"}}


def test_moving_swaps_neighbours_and_keeps_the_beginning() -> None:
    made = built("product.find", "message.text", "flow.branch")
    assert [may_move(made, "text", by, KINDS) for by in (-1, 1)] == [True, False]
    moved = move(made, "text", -1, KINDS)
    assert [one["id"] for one in moved["steps"]] == ["text", "find", "branch"]
    assert links(moved) == {"text": {"next": "find"}, "find": {"next": "branch"}, "branch": {"then": "end"}}
    assert move(moved, "text", 1, KINDS) == made
    for id, by in (("find", -1), ("branch", -1), ("text", 1)):
        with pytest.raises(Conflict):
            move(made, id, by, KINDS)


def test_copies_are_put_behind() -> None:
    made, id = duplicate(change(built("message.text", "ask"), "text", {"text": "Hi"}), "text", KINDS)
    assert links(made) == {"text": {"next": id}, id: {"next": "ask"}, "ask": {"next": "end"}}
    assert steps_by_id(made)[id]["settings"] == {"text": "Hi"}
    with pytest.raises(NotFound):
        duplicate(built("flow.stop"), "stop", KINDS)


def test_there_is_no_such_place() -> None:
    made = built("message.text", "flow.stop")
    for spot in (Spot(after="none"), Spot(after="stop"), Spot(after="text", branch="odd")):
        with pytest.raises(NotFound):
            insert(made, "ask", {}, spot, KINDS)
    for act in (
        lambda: remove(made, "none", KINDS), lambda: lead(made, "text", "next", "none"),
        lambda: lead(made, "none", "next", "end"), lambda: lead(made, "text", "odd", "end"),
        lambda: change(made, "none", {}), lambda: duplicate(made, "none", KINDS),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act()


def shown(lane: Lane) -> list[str]:
    return [id for node in lane.nodes for id in (node.step["id"], *(one for way in node.ways for one in shown(way)))]


def read(definition: dict[str, Any]) -> Outline:
    """The outline, in which every step stands once, numbered from top to bottom."""
    found = outline(definition, KINDS)
    ids = [one for lane in (found.main, *found.loose) for one in shown(lane)]
    assert sorted(ids) == sorted(steps_by_id(definition))
    assert found.count == len(ids)
    return found


def test_the_outline_shows_ways_and_where_they_join() -> None:
    made = built("product.find", "flow.branch", "message.text")
    made = lead(made, "branch", "else", "find")
    found = read(made)
    assert shown(found.main) == ["find", "branch", "text"]
    yes, no = found.main.nodes[1].ways
    assert (yes.target, no.target, found.main.target) == ("end", "find", None)
    assert (yes.last, no.last) == (Spot(after="text"), Spot(after="branch", branch="else"))
    loose = read(lead(made, "branch", "then", "human"))
    assert [shown(one) for one in loose.loose] == [["text"]]
    assert loose.main.nodes[1].ways[0].target == "human"


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "remove", "move", "copy", "lead", "change"]), st.integers(0, 30),
        st.sampled_from(sorted(KINDS)), st.sampled_from(BRANCHES), st.integers(-2, 30),
    ),
    max_size=25,
)  # fmt: skip


def edited(made: dict[str, Any], edit: tuple[str, int, str, str, int]) -> dict[str, Any]:
    act, which, kind, branch, other = edit
    ids = list(steps_by_id(made))
    id = ids[which % len(ids)] if ids else "none"
    if act == "insert":
        return insert(made, kind, {}, Spot(after=id, branch=branch) if ids and which % 4 else Spot(), KINDS)[0]
    if act == "remove":
        return remove(made, id, KINDS)
    if act == "move":
        return move(made, id, 1 if other % 2 else -1, KINDS)
    if act == "copy":
        return duplicate(made, id, KINDS)[0]
    if act == "change":
        return change(made, id, {"text": str(which)})
    target = {-2: "end", -1: "human"}.get(other) or (ids[other % len(ids)] if ids else "end")
    return lead(made, id, branch, target)


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_any_edits_leave_what_can_be_kept(edits: list[tuple[str, int, str, str, int]]) -> None:
    made = EMPTY
    for edit in edits:
        try:
            after = edited(made, edit)
        except (NotFound, Conflict):
            continue
        wrong = structure_of(after, **KNOWN)
        if edit[0] == "lead" and wrong:
            assert all("without waiting" in one.text for one in wrong), wrong
            continue
        assert wrong == [], edit
        read(after)
        made = after
    assert problems_of(made, **KNOWN) is not None
