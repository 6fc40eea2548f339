"""Access: people and their roles, sessions, API keys, the first set-up, security headers.

What other slices use: `guards.requires(scope)`, `guards.Call` (a request whose `user` is known), `kernel.audit.record`.
"""

from resa.access.setup import bootstrap

__all__ = ["bootstrap"]
