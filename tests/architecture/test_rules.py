"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import sqlalchemy as sa

from salespilots.domain.events import EVENT_TYPES
from salespilots.plugins.builtin.storage_sql.storage import MIGRATIONS, SqlStorage, migrations
from salespilots.plugins.builtin.storage_sql.tables import TABLES, db
from salespilots.plugins.manager import SPEC_MODULES
from salespilots.services.crash_points import POINTS
from salespilots.services.live import NAMES

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "salespilots").rglob("*.py"))

MAY_CROSS_SHOPS = {
    "bootstrap.py",
    "services/accounts.py",  # sign-in happens before there is a shop
    "services/api_keys.py",  # a key finds its shop
    "services/direct.py",  # a UPI page is found by its reference
    "services/connecting/duties.py",  # a provider names an account, not a shop
    "services/connecting/forgetting.py",  # a deletion is asked for by account
    "services/connecting/looking.py",  # when a shop's last event came
    "services/connecting/signing_in.py",  # who comes back is found by the state
    "services/connections.py",  # an account belongs to one shop only
    "services/maintenance.py",  # the sweeper serves all
    "services/messaging/inbox.py",  # a webhook finds its shop
    "services/messaging/intake.py",  # rows of many shops are written in one transaction
    "services/messaging/lanes.py",  # a lane's shops are found by what is due on it
    "services/messaging/turns.py",  # lanes of any shop are let go and kept
    "services/orders.py",  # a customer's page is found by its token
    "services/payments.py",  # a practice payment page is found by its reference
    "services/rehearsal/world.py",  # a closed world holds one shop, and its inbox is filled from outside
    "services/shops.py",  # the operator lists shops
    "services/stuck.py",  # the operator looks after all
    "services/workforce.py",  # workers serve all shops
    "testing/contracts/storage.py",
    "testing/contracts/storage_due.py",
    "testing/contracts/storage_inbox.py",
    "services/workflows/letters.py",
    "testing/contracts/storage_purge.py",
    "testing/contracts/storage_work.py",
}


def test_only_listed_modules_work_across_shops() -> None:
    found = set()
    for path in SOURCES:
        name = path.relative_to(ROOT / "salespilots").as_posix()
        if "system_unit_of_work(" in path.read_text() and not name.startswith(("plugins/builtin/", "ports/")):
            found.add(name)
    assert found == MAY_CROSS_SHOPS


def test_money_is_integer_paise_and_times_are_aware() -> None:
    for table in TABLES.values():
        for column in table.columns:
            if column.name.endswith("_paise"):
                assert isinstance(column.type, sa.BigInteger), f"{table.name}.{column.name}"
            if re.search(r"(amount|price|total|fee)$", column.name):
                pytest.fail(f"{table.name}.{column.name}: money ends in _paise")
            if column.name.endswith("_at") or column.name == "at":
                assert isinstance(column.type, sa.types.TypeDecorator), f"{table.name}.{column.name}"
            assert not isinstance(column.type, sa.Numeric) or column.name == "leased_until"


def test_models_and_migrations_agree(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    storage = SqlStorage(database_url)
    with storage.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, db.metadata)
    storage.close()
    assert difference == []


def test_head_names_the_newest_migration(sqlite_url: str) -> None:
    from alembic.script import ScriptDirectory

    migrations(SqlStorage(sqlite_url).app)
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == (MIGRATIONS / "HEAD").read_text().strip()


def test_every_hook_is_documented_with_its_arguments() -> None:
    text = (ROOT / "docs" / "plugins" / "hooks.md").read_text()
    for module in SPEC_MODULES:
        tree = ast.parse(Path(module.__file__ or "").read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("salespilots_"):
                arguments = ", ".join(one.arg for one in node.args.args)
                assert f"`{node.name}({arguments})`" in text, node.name


def test_every_crash_point_is_in_the_code() -> None:
    used = set()
    for path in SOURCES:
        used |= set(re.findall(r'crash_point\("([a-z.]+_?[a-z_]*)"\)', path.read_text()))
    assert used == set(POINTS)


def test_public_names_have_docstrings() -> None:
    bare = []
    for path in [*SOURCES, *sorted((ROOT / "plugins").glob("*/salespilots_*/*.py"))]:
        relative = path.relative_to(ROOT).as_posix()
        if "/migrations/" in relative or "storage_memory/" in relative or "/storage_sql/" in relative:
            continue
        tree = ast.parse(path.read_text())
        if path.read_text().strip() and ast.get_docstring(tree) is None:
            bare.append(relative)
        bare += [
            f"{relative}: {node.name}"
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert bare == []


def test_every_event_has_a_name_in_the_live_stream() -> None:
    """One without ended the stream of every open page."""
    assert {one.partition(".")[0] for one in EVENT_TYPES} == set(NAMES)


def test_no_module_is_a_grab_bag() -> None:
    names = {path.stem for path in SOURCES}
    assert not names & {"utils", "util", "helpers", "misc"}


def test_what_is_imported_is_installed() -> None:
    """Of the packages that the tests bring along the product may use none."""
    names = [one.partition(";")[0] for one in requires("salespilots") or [] if "extra ==" not in one]
    wanted = {re.split(r"[<>=!~ \[]", one, maxsplit=1)[0].lower().replace("_", "-") for one in names}
    optional = {
        "psycopg",
        "redis",
        "pytest",
        "werkzeug",
        "jinja2",
        "markupsafe",
        "webargs",
        "wtforms",
        "alembic",
        "babel",
    }
    owners = packages_distributions()
    missing = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            modules = (
                [one.name for one in node.names] if isinstance(node, ast.Import)
                else [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            )  # fmt: skip
            for top in {one.partition(".")[0] for one in modules} - sys.stdlib_module_names - {"salespilots"}:
                dists = {one.lower().replace("_", "-") for one in owners.get(top, [top])}
                if not dists & (wanted | optional):
                    missing.add(f"{path.name}: {top}")
    assert missing == set()
