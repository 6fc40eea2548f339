"""Make `.venv` with uv inside, from whatever suitable Python this machine has.

Runs before anything is installed, and on any Python 3.7 or newer, so that one too old can be told what is missing.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
OTHERS = ("python3.13", "python3.12", "python3.11", "python3.14")
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")


def version(python: str) -> "tuple[int, int]":
    """The (major, minor) of that Python; (0, 0) where it doesn't run."""
    question = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        major, minor = subprocess.check_output(question, stderr=subprocess.DEVNULL).split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0, 0


def suitable() -> str:
    """This Python if it is new enough, else another one on PATH."""
    found = {python: version(python) for python in (sys.executable, *map(shutil.which, OTHERS)) if python}
    for python, its in found.items():
        if its >= OLDEST:
            return python
    seen = ", ".join("{} is {}.{}".format(python, *its) for python, its in found.items() if its != (0, 0))
    raise SystemExit(
        f"Resa needs Python 3.11 or newer; {seen}.\nInstall one, or name it: make PYTHON=/path/to/python3.12 ..."
    )


def make(python: str) -> None:
    """A fresh .venv with pip; says what to install where the system's Python comes without the means."""
    print("Making .venv with Python {}.{} (a few seconds)".format(*version(python)), flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([python, "-m", "venv", VENV], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(
            made.stdout.decode(errors="replace")
            + f"\n{python} can't make a virtual environment: its modules venv or ensurepip are missing.\n"
            "On Debian and Ubuntu `apt install python3-venv` brings them; or name another Python: make PYTHON=... ..."
        )


def main() -> None:
    if version(PYTHON) < OLDEST:
        make(suitable())
    print("Installing uv, which installs the rest (a few seconds)", flush=True)
    lock = os.path.join(HERE, "locks", "uv.txt")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes", "-r", lock]
    if subprocess.run(pip, check=False).returncode:
        raise SystemExit("pip could not install uv (see above). Is the package index in reach?")


if __name__ == "__main__":
    main()
