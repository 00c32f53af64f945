"""``python -m soak [--only PART …] [--minutes N] [--again]``: the long reliability campaign, in sittings.

What was done is kept in ``soak/progress.json``: run it again and it goes on, as long as the code is the same.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

from soak.parts import PARTS, Part
from soak.progress import Outcome, Progress, Standing

KEPT = Path(__file__).parent / "progress.json"


def sit(part: Part, standing: Standing) -> None:
    """Once more."""
    started = time.monotonic()
    try:
        outcome = part.run(standing.sittings, min(part.sitting, part.goal - standing.done))
    except Exception as error:
        outcome = Outcome(0, [f"{type(error).__name__}: {error}", *traceback.format_exc().splitlines()[-12:]])
    standing.add(outcome, time.monotonic() - started)


def line(name: str, part: Part, standing: Standing) -> str:
    """How far a part is."""
    figures = {**standing.figures, **standing.most}
    told = ", ".join(f"{round(value, 1):g} {what}" for what, value in sorted(figures.items()))
    state = "FAILED" if standing.failures else "fine" if standing.done >= part.goal else "so far"
    return f"{name:16} {standing.done}/{part.goal} {part.unit}, {standing.seconds:.0f} s: {state}; {told}"


def play(progress: Progress, names: list[str], minutes: float) -> bool:
    """Sitting after sitting, each part in turn; ends with the first failure. Returns whether all is done."""
    ends = time.monotonic() + minutes * 60
    while time.monotonic() < ends:
        left = [name for name in names if progress.of(name).done < PARTS[name].goal]
        if not left:
            return True
        name = min(left, key=lambda one: (progress.of(one).done / PARTS[one].goal, names.index(one)))
        sit(PARTS[name], progress.of(name))
        progress.save()
        print(line(name, PARTS[name], progress.of(name)), flush=True)
        if progress.of(name).failures:
            return False
    return False


def main() -> int:
    """Exit code 0: all was done and was fine; 1: something was lost, said twice or out of order; 2: there is more to do."""
    parser = argparse.ArgumentParser(prog="python -m soak", description="The long reliability campaign.")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--minutes", type=float, default=300, help="begin nothing more after so long (300)")
    parser.add_argument("--progress", type=Path, default=KEPT, help="where what was done is kept")
    parser.add_argument("--again", action="store_true", help="forget what was done before")
    given = parser.parse_args()
    progress = Progress(given.progress, again=given.again)
    if progress.of_other_code:
        print("The code has changed since: begun anew.")
    names = given.only or list(PARTS)
    done = play(progress, names, given.minutes)
    print(f"\nCode {progress.code}")
    for name in names:
        print(line(name, PARTS[name], progress.of(name)))
    for name in names:
        for words in progress.of(name).failures:
            print(f"{name}: {words}")
    return 1 if any(progress.of(name).failures for name in names) else 0 if done else 2


if __name__ == "__main__":
    sys.exit(main())
