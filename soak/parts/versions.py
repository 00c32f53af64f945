"""R-16: the code before the last migration and this one work side by side on one database, as during an upgrade."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from salespilots.supervisor import web_command, work_command
from salespilots.testing.twin_client import wait_until
from soak.campaign import Campaign
from soak.grounds import ground
from soak.parts.kills import outcome
from soak.progress import ROOT, Outcome
from tests.support.postgres import free_port
from tests.support.product import Product

MIGRATIONS = "salespilots/plugins/builtin/storage_sql/migrations/versions"


def git(*words: str) -> str:
    """What git answers."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def predecessor(folder: Path) -> str:
    """Lay the last commit before the newest migration out in ``folder``; returns its name."""
    newest = max(path.name for path in (ROOT / MIGRATIONS).glob("0*.py"))
    commit = git("log", "--diff-filter=A", "--format=%h", "-1", "--", f"{MIGRATIONS}/{newest}") + "~1"
    archive = folder / "code.tar"
    git("archive", "--output", str(archive), commit)
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "code", filter="data")
    return git("rev-parse", "--short", commit)


class Older:
    """A web server and a worker of older code, with their own data folder."""

    def __init__(self, product: Product, code: Path) -> None:
        home = product.home.with_name("older")
        home.mkdir()
        path = [str(code), *map(str, sorted(code.glob("plugins/*")))]
        environ = {
            **product.environment(), "SALESPILOTS_HOME": str(home), "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (home / "older.log").open("ab")
        self.web, self.worker = (
            subprocess.Popen(command, env=environ, cwd=code, stdout=self._log, stderr=self._log)
            for command in (web_command("127.0.0.1", self.port), work_command())
        )

    def is_there(self) -> bool:
        """Whether its web server answers."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def worked(self) -> float:
        """Seconds of a processor that its worker has used."""
        fields = Path(f"/proc/{self.worker.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> list[int]:
        """SIGTERM; returns the exit codes."""
        for process in (self.web, self.worker):
            process.terminate()
        codes = [process.wait(40) for process in (self.web, self.worker)]
        self._log.close()
        return codes


@contextmanager
def older(product: Product) -> Iterator[tuple[Older, str]]:
    """Its processes, and which commit they are of."""
    with tempfile.TemporaryDirectory(prefix="sp-older-") as folder:
        commit = predecessor(Path(folder))
        made = Older(product, Path(folder) / "code")
        try:
            wait_until(made.is_there, seconds=60, every=0.1)
            yield made, commit
        finally:
            codes = made.stop()
        assert codes == [0, 0], codes


def run(number: int, share: int) -> Outcome:
    """For so many minutes."""
    with tempfile.TemporaryDirectory(prefix="sp-soak-") as folder, ground("postgresql", Path(folder)) as here:
        fleet = here.fleet(workers=1)
        fleet.start()
        with older(here.stage.product) as (old, commit):
            urls = [here.stage.webhook_url, f"{old.url}/webhooks/channel/instagram"]
            campaign = Campaign(here.stage, fleet, seed=number + 40_000, webhook_urls=urls)
            try:
                campaign.learn()
                before, since = old.worked(), time.monotonic()
                while campaign.report.fine and time.monotonic() - since < share * 60:
                    campaign.run(waves=campaign.report.waves + 1)
                worked = old.worked() - before
            finally:
                codes = fleet.stop()
        report = campaign.report
        more = [f"exit codes {codes}"] if any(codes) else []
        more += [f"{commit} did nothing"] if worked < 1 else []
        made = outcome(report, share, *more, *report.stories)
        made.figures[f"processor seconds of the worker of {commit}"] = round(worked, 1)
        return made
