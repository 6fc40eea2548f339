"""How commands speak to a workspace: the same API, whoever has its data directory open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from resa.python import speaking as api
from resa.settings import Settings


@contextmanager
def speaking(settings: Settings) -> Iterator[Callable[..., Any]]:
    """Ask as the owner of the data directory: method, path, JSON body; the answer's JSON. ResaError if it refuses."""
    with api.speaking(settings) as speak:
        yield lambda method, path, body=None: api.read(speak(method, path, body))
