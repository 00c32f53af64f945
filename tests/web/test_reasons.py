"""Every reason for which a message is not sent, waits or is in doubt has a sentence: the sources are walked for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from salespilots.domain import errors as domain
from salespilots.domain.conversation import MessageState
from salespilots.ports import errors as ports
from salespilots.ports.work import HELD, UNREADABLE
from salespilots.services.messaging.doubts import LOOKED_FOR_AGAIN, NO_ANSWER
from salespilots.services.messaging.uncertain import NEVER_LEFT
from salespilots.web.presenters import reasons
from salespilots_channel_instagram import problems

ROOT = Path(__file__).parents[2]
CORE = [
    *sorted((ROOT / "salespilots/services/messaging").glob("*.py")),
    *(ROOT / f"salespilots/services/{name}.py" for name in ("conversations", "practice", "demo", "automation")),
    ROOT / "salespilots/plugins/builtin/channel_practice.py",
]
CHANNELS = [
    path for path in sorted((ROOT / "plugins").glob("*channel*/salespilots_channel_*/*.py")) if "twin" not in path.name
]
DOUBTING = ("OutcomeUnknown", "unclear", "doubt_in")
REFUSING = ("Rejected", "Unsupported", "close_in")
STOPPING = ("cancel", "cancel_in", "cancel_pending_in")
WAITING = ("later_in", "hold_in")
CLOSING = ("close", "doubt")
"""Calls, by what their reason is of."""

CODE = re.compile(r"^[a-z]+(_[a-z]+)*$")


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def texts(node: ast.AST) -> list[str]:
    """Texts that an expression may give; a number in one stands as ``000``."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for one in node.values for text in texts(one)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(one.value if isinstance(one, ast.Constant) else "000" for one in node.values)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def codes_in(node: ast.AST) -> list[str]:
    return [one for one in texts(node) if CODE.match(one) or one.endswith("_000")]


def calls(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(name, reasons given) of each call that may carry one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            given = [*node.args, *(one.value for one in node.keywords if one.arg == "reason")]
            yield name_of(node), [code for one in given for code in codes_in(one)]


def pairs(path: Path) -> list[tuple[str, str]]:
    """(state, reason) where the two stand side by side in a tuple, and ("", reason) where one is written into a message."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Tuple) and len(node.elts) >= 2:
            state, reason = node.elts[0], node.elts[1]
            if isinstance(state, ast.Attribute) and getattr(state.value, "id", "") == "MessageState":
                found += [(state.attr, one) for one in codes_in(reason)]
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            places = target.elts if isinstance(target, ast.Tuple) else [target]
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            for place, one in zip(places, values, strict=False):
                if isinstance(place, ast.Attribute) and place.attr == "reason":
                    found += [("", code) for code in codes_in(one)]
    return found


def of_calls(paths: list[Path], names: tuple[str, ...]) -> set[str]:
    return {reason for path in paths for name, given in calls(path) if name in names for reason in given}


def known(table: dict[str, Any], codes: set[str]) -> set[str]:
    """Codes without a sentence."""
    return {one for one in codes if one not in table and not reasons._NUMBERED.match(one)}


def test_what_a_channel_refuses_has_a_sentence() -> None:
    codes = of_calls([*CORE, *CHANNELS], REFUSING)
    for kind, reason, _action in problems._KNOWN.values():
        codes |= {reason} if issubclass(kind, (ports.Rejected, ports.Unsupported)) else set()
    classes = [one for module in (ports, domain) for one in vars(module).values() if isinstance(one, type)]
    refusals = (ports.PortError, ports.PluginError)
    codes |= {one.code for one in classes if issubclass(one, refusals) and one is not ports.OutcomeUnknown}
    codes |= {domain.SalesPilotsError.code}
    assert {"bad_content", "recipient_unavailable", "http_000", "code_000", "not_connected", "text_only"} <= codes
    assert known(reasons.ENDED, codes) == set()


def test_what_we_decide_ourselves_has_a_sentence() -> None:
    codes = of_calls(CORE, STOPPING)
    codes |= {reason for path in CORE for state, reason in pairs(path) if state in ("FAILED", "SKIPPED", "CANCELLED")}
    codes |= of_calls([ROOT / "salespilots/domain/windows.py"], ("Verdict",))
    assert {"late_words_only", "comment_too_old"} <= codes
    assert {"taken_over", "handed_over", "opted_out", "reply_window_closed", "customer_wrote", "started_again"} <= codes
    assert known(reasons.ENDED, codes) == set()


def test_what_waits_has_a_sentence() -> None:
    codes = {*HELD, NEVER_LEFT, *of_calls(CORE, WAITING), *of_calls(CORE, CLOSING)}
    codes |= {one for path in CORE for _state, one in pairs(path) if _state == "ASSIGNED"} - {
        "needs_decision",
        "deleted",
    }
    assert {"channel_down", "paced", "sent_again", "waits_for_reconnect"} <= codes
    assert known(reasons.WAITING, codes) == set()


def test_what_is_in_doubt_has_a_sentence() -> None:
    codes = of_calls([*CORE, *CHANNELS], DOUBTING) | {
        ports.OutcomeUnknown.code,
        NO_ANSWER,
        LOOKED_FOR_AGAIN,
        UNREADABLE,
    }
    assert {"no_answer", "strange_answer", "plugin_error", "not_noted", "provider_trouble", "http_000"} <= codes
    assert known(reasons.DOUBTS, codes) == set()


def test_every_other_word_of_a_channel_is_known_too() -> None:
    """What a channel says while it is asked something, or refuses our access: nobody knows where it turns up one day."""
    codes = of_calls(CHANNELS, ("Unavailable", "RateLimited", "AuthFailed", "BadSignature"))
    codes |= {reason for _kind, reason, _action in problems._KNOWN.values()} - {"no_app_secret"}
    everything = {**reasons.ENDED, **reasons.WAITING, **reasons.DOUBTS}
    assert known(everything, codes - {"no_app_secret"}) == set()


def test_every_error_of_an_event_that_is_named_is_possible() -> None:
    classes = [
        one for one in vars(domain).values() if isinstance(one, type) and issubclass(one, domain.SalesPilotsError)
    ]
    parked = of_calls([ROOT / "salespilots/services/messaging/turns.py"], ("_park_in",))
    assert parked == {"worker_died"}
    assert set(reasons.EVENTS) <= {one.code for one in classes} | parked
    assert parked <= set(reasons.EVENTS)


@pytest.mark.parametrize("state", list(MessageState))
def test_a_word_that_nobody_knows_still_gets_a_true_sentence(site_message: Any, state: MessageState) -> None:
    said = site_message(state, "brand_new_word")
    quiet = state in (
        MessageState.RECEIVED,
        MessageState.SENDING,
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.READ,
    )
    assert bool(said) is not quiet
    if state in (MessageState.FAILED, MessageState.SKIPPED, MessageState.CANCELLED, MessageState.QUEUED):
        assert "(brand_new_word)" in said
    if state is MessageState.UNCERTAIN:
        assert "finding out" in said


def test_a_failure_without_a_reason_is_said(site_message: Any) -> None:
    assert site_message(MessageState.FAILED, None) == "Fake did not take it and did not say why."
    assert site_message(MessageState.FAILED, "http_403") == "Fake answered with error 403."


def test_trying_again_is_offered_where_it_can_help() -> None:
    assert set(reasons.ENDED) >= reasons.HELPLESS
    for code in ("recipient_unavailable", "reply_window_closed", "no_consent", "message_too_long"):
        assert code in reasons.HELPLESS
    for code in ("not_connected", "permission_missing", "account_restricted", "rejected", "app_not_approved"):
        assert code not in reasons.HELPLESS


@pytest.fixture
def site_message(world: Any) -> Any:
    """Says the sentence of a message in a state with a reason."""
    from salespilots.domain.conversation import Author, Direction, Message
    from salespilots.web.app import create_app

    app = create_app(world.application)

    def say(state: MessageState, reason: str | None) -> str:
        message = Message(
            id="msg_one00000", business_id="biz_a", conversation_id="cnv_a", customer_id="cus_a", lane="l", seq=1,
            direction=Direction.OUT, author=Author.BOT, kind="text", created_at=world.clock.now(), state=state, reason=reason,
        )  # fmt: skip
        with app.test_request_context():
            return reasons.explain(message, "Fake")

    return say
