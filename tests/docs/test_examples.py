"""Every example in the docs runs, against a real server, as its reader would run it.

`python` and `bash` run in a process of their own, in one folder per page; `sql` is asked of the server; `json` and `toml`
must parse. What needs a browser, Node or another machine says why it is not run here, and where it is.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from tests.docs.conftest import Served
from tests.docs.documents import PAGES, ROOT, Block, blocks

RUN = {"python", "bash", "sh", "sql"}
PARSED = {"json": json.loads, "toml": tomllib.loads}
SHOWN = {"text", "csv", "http", "ini", "diff", "mermaid"}

ALL = [block for page in PAGES for block in blocks(page)]
PAGES_THAT_RUN = sorted({block.page for block in ALL if block.language in RUN and not block.not_run})


@pytest.mark.parametrize("block", ALL, ids=str)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    if block.language in PARSED:
        PARSED[block.language](block.code)
        return
    assert block.language in RUN | SHOWN or block.not_run, f"{block} is neither run nor says why not"
    for named in re.findall(r"tests/[\w/.]+", block.not_run or ""):
        assert (ROOT / named).exists(), f"{block} is said to be run by {named}, which is not there"


@pytest.mark.parametrize("page", PAGES_THAT_RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page: Path, served: Served, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language in RUN and not block.not_run:
            run(block, served, tmp_path)


def run(block: Block, served: Served, folder: Path) -> None:
    """Run one example; what it said is shown when it fails."""
    code = served.fill(block.code)
    if block.language == "sql":
        answer = httpx.post(
            f"{served.url}/api/sql", json={"sql": code}, headers={"Authorization": f"Bearer {served.api_key}"}
        )
        assert answer.status_code == 200, f"{block}: {answer.text}"
        return
    program = [sys.executable, "-c"] if block.language == "python" else ["bash", "-euo", "pipefail", "-c"]
    if "curl " in code and shutil.which("curl") is None:
        pytest.skip("the examples of this page need curl, which is not on this machine")
    ran = subprocess.run(
        [*program, code], cwd=folder, env=served.environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, f"{block}\n{ran.stdout}{ran.stderr}"
