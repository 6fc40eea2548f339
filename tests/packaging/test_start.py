"""A server starts, and rests, without what only questions need (and wakes up when somebody comes)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from resa.kernel.workspace import Workspace
from resa.settings import Settings

SERVE = """
import gc, os, signal, sys, threading, time, urllib.request
from pathlib import Path
from resa import server
from resa.settings import Settings

def loaded():
    return sorted({"ibis", "lightgbm", "numba", "pandas", "scipy", "sklearn", "sqlglot"} & {*sys.modules})

def visit(url):
    urllib.request.urlopen(url + "/health").read()
    print(*loaded(), flush=True)
    urllib.request.urlopen(url + "/app/").read()
    for thread in threading.enumerate():
        if thread.name == "resa-maps":
            thread.join()
    print(*loaded(), flush=True)
    deadline = time.monotonic() + 20
    while gc.get_freeze_count() < 2 * len(gc.get_objects()) and time.monotonic() < deadline:
        time.sleep(0.1)
    print("the collector has little to look at" if time.monotonic() < deadline else "the collector looks at everything", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

server.serve(
    Settings(data=Path(sys.argv[1]), port=0),
    ready=lambda url, token: threading.Thread(target=visit, args=(url,)).start(),
)
"""


def test_a_server_rests_without_what_only_questions_need_and_prepares_the_maps_for_the_first_visitor(
    tmp_path: Path,
) -> None:
    Workspace.open(Settings(data=tmp_path)).close()  # an existing directory
    served = subprocess.run([sys.executable, "-c", SERVE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert served.stdout.splitlines() == [
        "",
        "numba scipy",  # numba looks at SciPy's version itself
        "the collector has little to look at",
    ], served.stderr
