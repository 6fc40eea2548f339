"""The two promises from a fresh clone, and `pip install .`: Python and make are enough, no Node, no root.

They download packages unless a cache of pip, uv or npm has them, hence `full`.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "awk bash basename cat chmod cp cut date dirname env expr find git grep head id ls make mkdir mv ps rm sed sh sleep sort "
    "tail touch tr uname wc xargs"
).split()

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed, cloned: for the two promises."""
    return clone(tmp_path_factory.mktemp("promises"))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed, cloned: for packages."""
    return clone(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python, make and the usual small tools; nothing of ours, no Node. A .venv made from here leans on it to the end."""
    path = tmp_path_factory.mktemp("bin")
    for tool in TOOLS:
        if found := shutil.which(tool):
            (path / tool).symlink_to(found)
    (path / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    return path


@pytest.fixture
def bare(path: Path) -> dict[str, str]:
    """The environment of a machine that has those only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RESA_", "VIRTUAL", "PYTHON"))}
    return kept | {"PATH": str(path), "RESA_PORT": str(free_port())}


def test_make_demo_shows_a_page_and_is_quick_the_second_time(checkout: Path, bare: dict[str, str]) -> None:
    began = time.monotonic()
    for most in (600.0, 10.0):
        with_address, seconds = start(["make", "demo"], checkout, bare, most)
        print(f"the page was there after {seconds:.1f} s")
        assert with_address.startswith("http://127.0.0.1:")
    print(f"both together took {time.monotonic() - began:.0f} s")


def test_make_test_sets_itself_up(checkout: Path, bare: dict[str, str]) -> None:
    """With one short folder of tests in place of all, which run around this one."""
    ran = subprocess.run(
        ["make", "test", "PYTEST_ARGS=tests/packaging -q"],
        cwd=checkout,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^\d+ passed", ran.stdout, re.MULTILINE)


def test_pip_install_brings_the_command_with_its_console(source: Path, bare: dict[str, str], tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(["python3", "-m", "venv", venv], tmp_path, bare)
    run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "."], source, bare)
    assert run(["git", "status", "--porcelain"], source, bare) == "", "building leaves nothing that git sees"
    bare["RESA_DATA"] = str(tmp_path / "data")
    start([venv / "bin" / "resa", "serve"], tmp_path, bare, 60.0)


def test_wheel_and_sdist_carry_the_console_and_the_sdk(source: Path, bare: dict[str, str], tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    bare["UV_PYTHON_DOWNLOADS"] = "never"
    run([*uv, "build", "--python", sys.executable, "--out-dir", tmp_path / "dist"], source, bare)
    wheel, sdist = next(tmp_path.glob("dist/*.whl")), next(tmp_path.glob("dist/*.tar.gz"))
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {"resa/py.typed", "resa/console/dist/index.html", "resa/console/built-from"} <= inside
    assert {"resa/sdk/dist/resa.js", "resa/sdk/dist/resa.d.ts", "resa/sdk/built-from"} <= inside
    assert not [name for name in inside if not name.startswith(("resa/", "resa-"))]
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"src/resa/console/dist/index.html", "console/package-lock.json", "LICENSE", "NOTICE"} <= names
    assert {"src/resa/sdk/dist/resa.js", "sdk/package-lock.json", "sdk/build.mjs"} <= names
    assert not [name for name in names if "node_modules" in name or name.startswith((".venv", "resa-data"))]


def clone(folder: Path) -> Path:
    """A clone of this repository in `folder`."""
    ran = subprocess.run(
        ["git", "clone", "--quiet", ROOT, folder / "resa"], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.skip(f"not a git checkout: {ran.stderr}")
    return folder / "resa"


def start(command: list[str | Path], folder: Path, environment: dict[str, str], most: float) -> tuple[str, float]:
    """Start a server and wait for its console to answer; its address and the seconds that took. It is stopped again."""
    began = time.monotonic()
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        process_group=0,
    )
    said: list[str] = []
    try:
        for line in lines(server, began + most):
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                page = httpx.get(f"{found[0]}/app/", timeout=max(1.0, began + most - time.monotonic()))
                assert page.status_code == 200
                assert "<script" in page.text
                return found[0], time.monotonic() - began
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=60)
    raise AssertionError(f"no address within {most:g} s; said:\n{''.join(said)}")


def lines(process: subprocess.Popen[bytes], until: float) -> Iterator[str]:
    """What a process says, line by line, until it ends or time is up. Unbuffered, or `select` would miss lines."""
    assert process.stdout is not None
    while time.monotonic() < until:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        if not (line := process.stdout.readline()):
            return
        yield line.decode(errors="replace")


def run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> str:
    """Run to the end; what it said, which is also shown when it fails."""
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
