"""Imports that a server runs: one after the other in a thread of their own, stopped and taken up again with it."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

from resa.collect.imports import jobs
from resa.collect.imports.jobs import Job, Plan, Progress
from resa.kernel.errors import Conflict
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)


class Runner:
    """The imports of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing runs yet."""
        self._workspace = workspace
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="resa-import")
        self._stopping: dict[int, threading.Event] = {}
        self._live: dict[int, Progress] = {}
        self._lock = threading.Lock()
        self._closing = False

    @property
    def folder(self) -> Path:
        """Where uploaded files wait; a file leaves when its import is done."""
        folder = self._workspace.settings.data / "imports"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def place(self, name: str) -> Path:
        """A path for an uploaded file: a name of ours, with the endings of theirs, which tell the format."""
        endings = "".join(re.findall(r"\.[A-Za-z0-9]{1,10}", Path(name).name)[-2:])
        return self.folder / f"{uuid4().hex}{endings}"

    def room(self, size: int) -> None:
        """Raise Conflict if a file of `size` bytes would fill the disk."""
        free = shutil.disk_usage(self.folder).free
        if size * 3 > free:
            raise Conflict(
                f"The disk has {free // 1_000_000:,} MB free; that is too little for this file.", remedy="Make room."
            )

    def start(self, plan: Plan) -> Progress:
        """Take up an import; it runs when those before it are through. One that is done, or runs, is only shown."""
        workspace = self._workspace
        with self._lock:
            job = Job(workspace.state, workspace.committer, plan, clock=workspace.clock)
            number = job.progress.id
            if job.was_done or number in self._stopping:
                self._discard(plan.path)
                return self._live.get(number, job.progress)
            self._stopping[number] = threading.Event()
            self._live[number] = job.progress
        self._threads.submit(self._run, job, plan).add_done_callback(partial(self._ended, number))
        return job.progress

    def _run(self, job: Job, plan: Plan) -> None:
        progress = job.run(stopping=self._stopping[job.progress.id])
        if progress.state == "done":
            self._discard(plan.path)
        elif progress.state == "stopped" and self._closing:
            jobs.mark(self._workspace.state, progress.id, "running", None, None)  # the next start goes on

    def _ended(self, number: int, future: Future[None]) -> None:
        with self._lock:
            self._stopping.pop(number, None)
            self._live.pop(number, None)
        if not future.cancelled() and (error := future.exception()) is not None:
            log.error("Import %s broke off", number, exc_info=error)

    def _discard(self, path: Path) -> None:
        if path.parent == self.folder:
            path.unlink(missing_ok=True)

    def stop(self, number: int) -> Progress:
        """Let an import stop after the batch it is writing; what is written stays. It can be taken up again."""
        with self._lock:
            running = self._stopping.get(number)
        if running is None:
            progress = jobs.get(self._workspace.state, number)
            raise Conflict(f"Import {number} does not run: it is {progress.state}.", state=progress.state)
        running.set()
        return self.get(number)

    def resume(self, number: int) -> Progress:
        """Go on with an import that was stopped or failed."""
        return self.start(jobs.plan_of(self._workspace.state, number))

    def get(self, number: int) -> Progress:
        """How far an import is."""
        return jobs.get(self._workspace.state, number)

    def recover(self) -> None:
        """Go on with what a crash or a stop interrupted. Files that are gone end their import."""
        for number, plan in jobs.unfinished(self._workspace.state):
            self._attempt(number, partial(self.start, plan))

    def _attempt(self, number: int, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # a process boundary: the server starts all the same
            log.warning("Import %s can't be taken up again: %s", number, error)
            jobs.mark(self._workspace.state, number, "failed", str(error), self._workspace.clock())

    def close(self) -> None:
        """Stop after the batches being written; the next start takes up the rest."""
        with self._lock:
            self._closing = True
            for running in self._stopping.values():
                running.set()
        self._threads.shutdown(wait=True, cancel_futures=True)


def receive(runner: Runner, name: str, size: int, source: IO[bytes]) -> Path:
    """Copy an uploaded file to its place on the data directory's disk."""
    runner.room(size)
    path = runner.place(name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path
