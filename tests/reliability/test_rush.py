"""R-7: sixty-four buyers for ten pieces, over HTTP, with cancels, payments, returns, refunds, counting and expiry mixed in.

Five rounds here on each database; `make soak` has fifty.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.grounds import ground
from soak.rush import BUYERS, PIECES, Rounds, Rush

ROUNDS = 5


def play(name: str, folder: Path, rounds: int, *changes: str) -> Rounds:
    with ground(name, folder) as here:
        fleet = here.fleet(*changes, workers=1)
        fleet.start()
        rush = Rush(here.stage, fleet)
        try:
            for _ in range(rounds):
                rush.round()
        finally:
            rush.close()
            codes = fleet.stop()
    assert codes == [0] * len(codes)
    return rush.came


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_no_piece_is_sold_twice_or_stranded(name: str, tmp_path: Path) -> None:
    came = play(name, tmp_path, ROUNDS)
    print(dict(came.answers))
    assert came.wrong == []
    assert came.answers["buy 409"] >= ROUNDS * (BUYERS - PIECES) / 2, "there was no rush"
    for step in ("cancel 200", "return 200", "refund 200", "ship 200", "stock sold_elsewhere 200"):
        assert came.answers[step], f"nobody had a {step}"


@pytest.mark.timeout(120)
def test_without_the_guard_the_same_rush_sells_what_is_not_there(tmp_path: Path) -> None:
    came = play("sqlite", tmp_path, 1, "no_guard")
    assert any("orders hold" in words for words in came.wrong), came
