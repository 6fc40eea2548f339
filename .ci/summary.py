"""Sum up what `.ci/run` left in a folder: one line at the end, exit code 1 where anything failed or was skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree


def cases(report: Path) -> Iterator[tuple[str, str, str]]:
    """(name, outcome, first line of what went wrong) of each test in a JUnit report."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own tools wrote it
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        outcome = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")
        told = case.find(outcome)
        words = "" if told is None else (told.get("message") or told.text or "").strip()
        yield name, outcome, words.split("\n")[0][:200]


def main(folder: Path) -> int:
    passed, failed = 0, []
    for exit_code in sorted(folder.glob("*.exit")):
        step, code = exit_code.stem, exit_code.read_text().strip()
        report = folder / f"{step}.xml"
        bad = []
        if report.is_file():
            found = list(cases(report))
            passed += sum(outcome == "passed" for _, outcome, _ in found)
            bad = [f"{step}: {name}: {outcome}: {words}" for name, outcome, words in found if outcome != "passed"]
        elif code == "0":
            passed += 1
        if code != "0" and not bad:
            bad = [f"{step}: exit code {code} (124: out of time)"]
        failed += bad
    print("\n".join(["", *failed]))
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
