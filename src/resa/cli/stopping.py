"""How a command that serves ends when somebody presses Ctrl-C."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def until_stopped() -> Iterator[None]:
    """Serve within it: Ctrl-C is how people stop, so it ends quietly and as a success.

    By then the workspace is closed. The process ends here, and not through the interpreter's own teardown, in which
    DuckDB's binding prints a screen of what it takes for leaks.
    """
    with suppress(KeyboardInterrupt):
        yield
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
