"""Named points at which a test may let the process die; without `RESA_CRASH_AT` they cost a call and do nothing.

`RESA_CRASH_AT=seal.after-rename:3` kills this process with SIGKILL the third time that point is reached.
"""

from __future__ import annotations

import itertools
import os
import signal
from typing import Final

_NAME, _, _TIMES = os.environ.get("RESA_CRASH_AT", "").partition(":")
_FATAL: Final = int(_TIMES or 1)
_count = itertools.count(1)


def reached(name: str) -> None:
    """Say that the point `name` is reached; returns unless this is where the process is to die."""
    if name == _NAME and next(_count) == _FATAL:
        os.kill(os.getpid(), signal.SIGKILL)
