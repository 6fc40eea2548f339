"""Closing the loop: rules that act on answers, the inbox and its tasks, what was sent, what came of it (docs/closing-the-loop.md).

`definition` is what a rule says, `checking` what of it is right, `conditions` whether an answer is meant (`asking` asks of the
customer). `sources` reads answers from events; `following` keeps them and lets rules fire, `acting` writes down what is
done, `sending` does what leaves the house (`webhooks`, and mail by `writing`). `inbox`, `tasks`, `replying` (from `templates`), `deliveries`
are what a team works with; `dry_run` tries a rule on the past. `telling` tells customers what changed; `recovery` says what it was
good for. `closing` puts it together; `shelf` and `routes` are the HTTP face.
"""

from __future__ import annotations

from resa.feedback.loops.closing import Loops, register

__all__ = ["Loops", "register"]
