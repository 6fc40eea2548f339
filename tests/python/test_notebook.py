"""The notebook under examples/: every cell runs, in order, on a workspace of planted customers."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import resa
from tests.docs.documents import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_order(notebook: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESA_DATA", str(data))
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in cells)  # what others would see as theirs is not committed
    names: dict[str, Any] = {}
    shown = [run("".join(cell["source"]), names, f"{notebook.name}[{place}]") for place, cell in enumerate(cells)]
    tables = [one for one in shown if isinstance(one, resa.Table)]
    assert all("<table>" in table._repr_html_() for table in tables)
    assert len(names["kinds"]) == 3
    assert len(names["by_channel"]) > 0


def run(code: str, names: dict[str, Any], called: str) -> Any:
    """A cell as a notebook runs it: the value of its last line is shown."""
    tree = ast.parse(code, called)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, called, "exec"), names)
    return eval(compile(ast.Expression(last.value), called, "eval"), names) if isinstance(last, ast.Expr) else None
