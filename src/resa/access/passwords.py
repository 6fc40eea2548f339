"""Passwords: which are taken, and argon2id for keeping them. Hashing costs 40 ms and 19 MiB (see `threads`)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from resa.kernel.errors import Refused

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 10
LONGEST: Final = 1024

NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$cmVzYS1ub2JvZHktc2FsdA$0000000000000000000000000000000000000000000"
"""A hash that no password meets: verified where there is no such account, so that the answer takes equally long."""


def check(password: str, email: str = "", field: str = "password") -> None:
    """Raise `Refused` (never showing it) unless it is long enough and not among the first that anybody tries."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refusal(field, f"must have {SHORTEST} to {LONGEST} characters.")
    plain = password.casefold()
    if plain in _commonest() or len(set(plain)) < 4:
        raise _refusal(field, "is among the commonest passwords.")
    if email and plain in (email.casefold(), email.casefold().split("@")[0]):
        raise _refusal(field, "is your e-mail address.")


def make_hash(password: str) -> str:
    """What to keep of a password."""
    return _hasher().hash(_bytes(password))


def verify(kept: str, password: str) -> bool:
    """Whether `password` is the one whose hash was `kept`."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - see _hasher

    try:
        return _hasher().verify(kept, _bytes(password[: LONGEST + 1]))
    except VerificationError:
        return False


def outdated(kept: str) -> bool:
    """Whether `kept` was made with other costs than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _commonest() -> frozenset[str]:
    return frozenset(resources.files("resa.access").joinpath("common_passwords.txt").read_text("utf-8").split())


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - a tenth of a second that the start need not wait for

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's recommendation for argon2id


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _refusal(field: str, rule: str) -> Refused:
    return Refused(field, None, rule, "Three or four unrelated words make a good one.", code="weak_password")
