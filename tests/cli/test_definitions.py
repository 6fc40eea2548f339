"""`resa definitions`: the same file out and in again, with or without a server."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from resa.cli import resa
from tests.crash.client import Server


def run(*arguments: str) -> str:
    """What a command prints; it must succeed."""
    result = CliRunner().invoke(resa, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_map_goes_out_is_changed_and_comes_in_with_and_without_a_server(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "maps.json"
    run("definitions", "export", str(file), "--data", str(data))
    found = json.loads(file.read_text())
    assert [d["kind"] for d in found["definitions"]] == ["journey"]
    assert run("definitions", "apply", str(file), "--data", str(data)).startswith("same")
    found["definitions"][0]["body"]["name"] = "How people come to us"
    file.write_text(json.dumps(found))
    server = Server(data)
    try:
        dry = run("definitions", "apply", str(file), "--dry-run", "--data", str(data))
        assert "How people come to us" in dry
        assert run("definitions", "apply", str(file), "--data", str(data)) == dry
        assert run("definitions", "apply", str(file), "--data", str(data)).startswith("same")
        assert json.loads(run("definitions", "export", "--data", str(data))) == found
    finally:
        server.stop()


def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "maps.json"
    file.write_text("[]")
    result = CliRunner().invoke(resa, ["definitions", "apply", str(file), "--data", str(tmp_path / "data")])
    assert "is not a file of definitions" in str(result.exception)
