"""The Python face: `import resa; ws = resa.open("./resa-data")`, and every answer as an Arrow table (docs/python.md).

`opening` decides who answers (this process, or the server that has the directory open), `speaking` is how either is
asked, `workspace` has a method per kind of question, `tables` makes tables of answers, `events` says which events are meant.
"""

from __future__ import annotations

from resa.python.events import event
from resa.python.opening import connect, open  # noqa: A004  # read as `resa.open`
from resa.python.tables import Table
from resa.python.workspace import Workspace

__all__ = ["Table", "Workspace", "connect", "event", "open"]
