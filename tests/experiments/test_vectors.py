"""The vectors that Python and TypeScript share are what the engine says now (`python -m tools.vectors` writes them)."""

from __future__ import annotations

import json

import pytest

from tools import vectors


@pytest.mark.parametrize("name", sorted(vectors.FILES))
def test_the_shared_vectors_are_what_the_engine_says(name: str) -> None:
    written = (vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(written)
    assert written == vectors.text(name)
