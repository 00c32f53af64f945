"""What a customer taps or writes as an answer."""

from __future__ import annotations

import pytest

from salespilots.ports.answers import MAX_PIECES, parse_answer


@pytest.mark.parametrize("payload", ["qty:²", "qty:" + "9" * 5000, "qty:-1", "qty:", "qty:0"])
def test_a_tap_that_is_no_number_is_asked_again(payload: str) -> None:
    answer = parse_answer({"type": "quantity"}, "", payload, None, {})
    assert not answer.ok
    assert answer.problem


def test_a_tapped_number() -> None:
    assert parse_answer({"type": "quantity"}, "", f"qty:{MAX_PIECES}", None, {}).values == {"quantity": MAX_PIECES}
