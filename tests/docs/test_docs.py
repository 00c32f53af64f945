"""What the documentation says is so: examples run, links lead somewhere, generated pages are fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from salespilots.plugins.manager import create_plugin_manager
from salespilots.plugins.registry import build_registry
from scripts.make_reference import pages

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")])
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("document", [one for one in PAGES if "docs" in one.parts], ids=lambda one: one.name)
def test_examples_run_and_register(document: Path) -> None:
    for code in FENCE.findall(document.read_text()):
        names: dict[str, object] = {"__name__": "example"}
        exec(compile(code, str(document), "exec"), names)
        hooks = {name: value for name, value in names.items() if name.startswith("salespilots_")}
        if hooks:
            plugin = type("Example", (), {name: staticmethod(value) for name, value in hooks.items()})()
            manager, problems = create_plugin_manager(discover=False, extra=[plugin])
            assert build_registry(manager, problems, set()).problems == {}


@pytest.mark.parametrize("document", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target, _ in LINK.findall(document.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (document.parent / target).exists(), target


def test_generated_pages_are_fresh() -> None:
    for name, text in pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text() == text, "run scripts/make_reference.py"


def test_the_two_commands_are_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text


def test_every_environment_variable_is_documented() -> None:
    from salespilots.config import PREFIX, _Environment

    text = (ROOT / "docs" / "operators" / "index.md").read_text()
    for name in _Environment().fields:
        if name != "disabled_plugins":
            assert PREFIX + name.upper() in text, name
