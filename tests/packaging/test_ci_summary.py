"""The last line of `.ci/run`: everything counted, nothing swallowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUMMARY = Path(__file__).resolve().parents[2] / ".ci" / "summary.py"

PASSED = '<testcase classname="tests.a" name="one"/>'
FAILED = '<testcase classname="tests.a" name="two"><failure message="assert 1 == 2">...</failure></testcase>'
BROKEN = '<testcase classname="tests.a" name="three"><error message="no such fixture"/></testcase>'
SKIPPED = '<testcase classname="tests.a" name="four"><skipped message="needs Chromium"/></testcase>'


@pytest.mark.parametrize(
    ("steps", "line", "code"),
    [
        ({"lint": (0, None)}, "1 passed, 0 failed", 0),
        ({"lint": (0, None), "tests": (0, PASSED + PASSED)}, "3 passed, 0 failed", 0),
        ({"lint": (1, None), "tests": (0, PASSED)}, "1 passed, 1 failed", 1),
        ({"tests": (1, PASSED + FAILED + BROKEN)}, "1 passed, 2 failed", 1),
        ({"tests": (0, PASSED + SKIPPED)}, "1 passed, 1 failed", 1),
        ({"tests": (124, PASSED)}, "1 passed, 1 failed", 1),
        ({"tests": (2, None)}, "0 passed, 1 failed", 1),
        ({"tests": (5, "")}, "0 passed, 1 failed", 1),
        ({}, "0 passed, 0 failed", 1),
    ],
)
def test_one_line_and_an_exit_code(
    tmp_path: Path, steps: dict[str, tuple[int, str | None]], line: str, code: int
) -> None:
    for step, (exit_code, cases) in steps.items():
        (tmp_path / f"{step}.exit").write_text(f"{exit_code}\n")
        if cases is not None:
            (tmp_path / f"{step}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    ran = subprocess.run([sys.executable, SUMMARY, tmp_path], capture_output=True, text=True, check=False)
    assert (ran.stdout.splitlines()[-1], ran.returncode) == (line, code), ran.stdout + ran.stderr


def test_what_failed_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "tests.exit").write_text("1")
    (tmp_path / "tests.xml").write_text(f"<testsuite>{FAILED}{SKIPPED}</testsuite>")
    ran = subprocess.run([sys.executable, SUMMARY, tmp_path], capture_output=True, text=True, check=False)
    assert "tests: tests.a::two: failure: assert 1 == 2" in ran.stdout
    assert "tests: tests.a::four: skipped: needs Chromium" in ran.stdout
