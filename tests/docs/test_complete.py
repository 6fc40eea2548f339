"""The docs mention everything there is, found by discovery, and lead nowhere that is not there."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from resa import openapi
from resa.cli import resa
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.docs.documents import PAGES, ROOT, anchors, links
from tools import reference

OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_explained(name: str) -> None:
    assert f"| `RESA_{name.upper()}` |" in OPERATIONS.read_text()


def test_no_setting_is_explained_that_does_not_exist() -> None:
    explained = set(re.findall(r"^\| `RESA_(\w+)` \|", OPERATIONS.read_text(), re.MULTILINE))
    assert explained == {field.name.upper() for field in fields(Settings)}


def test_every_variable_the_code_reads_is_explained() -> None:
    read = {name for source in (ROOT / "src").rglob("*.py") for name in re.findall(r"RESA_[A-Z_]+", source.read_text())}
    explained = "\n".join(page.read_text() for page in PAGES)
    assert {name for name in read if not name.endswith("_") and name not in explained} == set()


def test_the_commands_page_is_what_the_command_says() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "commands.md").read_text() == reference.commands()


def test_every_command_and_option_has_words_of_its_own() -> None:
    commands = dict(reference.walk("resa", resa))
    options = {
        f"{name} {option.name}": option.help
        for name, command in commands.items()
        for option in command.params
        if isinstance(option, click.Option)
    }
    words = {name: command.help for name, command in commands.items()} | options
    assert {name for name, said in words.items() if not said} == set()


def test_the_api_page_is_what_the_application_says(app: Litestar) -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "api.md").read_text() == reference.api(openapi.document(app))


def test_the_sql_page_names_every_column_and_function(workspace: Workspace) -> None:
    """`make docs` writes them anew."""
    page = (ROOT / "docs" / "sql.md").read_text()
    assert page == reference.sql(page, workspace)


def test_every_column_has_a_meaning(workspace: Workspace) -> None:
    assert "|  |" not in reference.sql((ROOT / "docs" / "sql.md").read_text(), workspace)


def test_every_route_has_words_of_its_own(app: Litestar) -> None:
    """A handler's docstring is what the API's document and page say about it."""
    handlers = [handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers]
    silent = {str(handler) for handler in handlers if handler.resolve_include_in_schema() and not handler.summary}
    assert silent == set()


def test_the_readme_lists_the_clients_that_tests_drive_with_their_versions() -> None:
    """A client is driven where a test's package.json or the tests' lock has it."""
    lock = (ROOT / "locks" / "test.txt").read_text()
    python = r"^((?:segment-analytics|rudder-sdk)-python|growthbook|openfeature-[\w-]+)==([\w.]+)"
    driven = set(re.findall(python, lock, re.MULTILINE))
    for package in (ROOT / "tests").rglob("package.json"):
        if "node_modules" not in package.parts:
            driven |= {
                (name, version.lstrip("^~="))
                for name, version in json.loads(package.read_text()).get("dependencies", {}).items()
            }
    listed = re.findall(r"^\| (\S+) \| (\d[\w.]*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(listed) == driven


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = {link for link in links(page) if not leads_somewhere(page, link)}
    assert broken == set()


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        waiting += [found for link in links(page) if (found := target(page, link)) in PAGES and found not in seen]
    assert {str(page.relative_to(ROOT)) for page in PAGES if page not in seen} == set()


# A home folder, or an address a package was fetched from; a lock that says either only works where it was made.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:root|home/\w+|Users/\w+)/[a-z.]|\"resolved\":|--(?:extra-)?index-url|https?://\S+\.whl\b"
)


def test_nothing_names_a_machine_or_a_registry() -> None:
    """No path of anybody's machine, no host of a package index: the project installs from wherever its user does."""
    named = {f"{path.relative_to(ROOT)}: {found[0]}" for path in tracked() for found in FOREIGN.finditer(text_of(path))}
    assert {name for name in named if not name.startswith("tests/docs/test_complete.py")} == set()


def target(page: Path, link: str) -> Path:
    """The file that a relative link of a page means."""
    path = link.partition("#")[0]
    return (page.parent / path).resolve() if path else page


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a link's file and heading exist; addresses elsewhere are taken on trust."""
    if re.match(r"[a-z]+:", link):
        return True
    file, anchor = target(page, link), link.partition("#")[2]
    return file.exists() and (not anchor or file.suffix != ".md" or anchor in anchors(file))


def tracked() -> list[Path]:
    """The files under version control (all, where there is no repository)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """The text of a file; nothing for a picture."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""
