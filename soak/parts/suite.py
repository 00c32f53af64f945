"""Tests of the suite, played for longer."""

from __future__ import annotations

import os
import subprocess
import sys

from soak.progress import ROOT

SECONDS = 3600


def run_tests(name: str, **environ: str) -> list[str]:
    """What failed, a line each."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout", str(SECONDS), "--tb=short", name],
        cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    return [] if done.returncode == 0 else done.stdout.splitlines()[-60:]
