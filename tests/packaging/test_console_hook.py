"""The build hook: when a part (the console, the SDK) is built, when it is left alone, when a package is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import hatch_build


@pytest.fixture
def console(tmp_path: Path) -> hatch_build.Part:
    """A console of three files, built from them (by the test)."""
    write(tmp_path / "console" / "package.json", "{}")
    write(tmp_path / "console" / "package-lock.json", "{}")
    write(tmp_path / "console" / "src" / "main.tsx", "start()")
    write(tmp_path / "src" / "resa" / "console" / "dist" / "index.html", "<!doctype html>")
    console = hatch_build.Part(tmp_path, "console")
    console.stamp.write_text(console.digest())
    return console


def test_a_built_console_is_current(console: hatch_build.Part) -> None:
    assert console.current()


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed", "not built", "never stamped"])
def test_any_change_makes_it_outdated(console: hatch_build.Part, change: str) -> None:
    main = console.sources / "src" / "main.tsx"
    match change:
        case "edited":
            main.write_text("start(1)")
        case "added":
            write(console.sources / "public" / "new.svg", "<svg/>")
        case "removed":
            main.unlink()
        case "renamed":
            main.rename(main.with_name("start.tsx"))
        case "not built":
            (console.built / "dist" / "index.html").unlink()
        case "never stamped":
            console.stamp.unlink()
    assert not console.current()


def test_what_the_build_does_not_read_changes_nothing(console: hatch_build.Part) -> None:
    write(console.sources / "node_modules" / "react" / "index.js", "")
    write(console.sources / "README.md", "")
    assert console.current()


def test_times_change_nothing(console: hatch_build.Part) -> None:
    """A checkout or an unpacked sdist has new times and the same content."""
    os.utime(console.sources / "src" / "main.tsx", (0, 0))
    assert console.current()


def test_a_current_console_is_not_built_again(console: hatch_build.Part) -> None:
    """There is no npm here that could."""
    before = console.stamp.stat().st_mtime_ns
    os.utime(console.stamp, (0, 0))
    console.ensure()
    assert console.stamp.stat().st_mtime_ns >= before, "make sees by its time that the stamp was checked"


def test_a_console_that_can_not_be_built_stops_the_package(console: hatch_build.Part) -> None:
    """The error carries what npm said, for pip shows nothing else of a hook."""
    (console.sources / "package.json").write_text('{"scripts": {"build": "echo the reason why; exit 3"}}')
    write(console.sources / "node_modules" / ".package-lock.json", "{}")
    with pytest.raises(SystemExit, match="the reason why"):
        console.ensure()
    assert not console.current()


def test_a_build_that_leaves_nothing_stops_the_package(console: hatch_build.Part) -> None:
    (console.sources / "package.json").write_text('{"scripts": {"build": "rm -r ../src/resa/console/dist"}}')
    write(console.sources / "node_modules" / ".package-lock.json", "{}")
    with pytest.raises(SystemExit, match=r"left no .*index\.html"):
        console.ensure()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
