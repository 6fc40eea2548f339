"""What may go wrong because of what somebody asked: each says name, value, rule and remedy, with a stable code."""

from __future__ import annotations

from typing import Any


class ResaError(Exception):
    """Something a caller can mend. `status` is the HTTP status an API answers with."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, **details: Any) -> None:
        """Say what happened; `details` go into the answer as they are."""
        super().__init__(message)
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The answer an API gives."""
        return {"code": self.code, "message": self.message, **self.details}


class Refused(ResaError):
    """A value breaks a rule."""

    def __init__(
        self, field: str, value: object, rule: str, remedy: str, *, code: str = "invalid", status: int = 400
    ) -> None:
        """Name the field, show the value (shortened), state the rule and what would be accepted."""
        shown = value if isinstance(value, int | float | bool | None) else shorten(str(value))
        super().__init__(f"{field}: {rule} {remedy}".strip(), field=field, value=shown, rule=rule, remedy=remedy)
        self.code = code
        self.status = status


class NotFound(ResaError):
    """There is no such thing."""

    status = 404
    code = "not_found"

    def __init__(self, what: str, key: object, remedy: str = "") -> None:
        """Say what was looked for and under which key."""
        super().__init__(
            f"There is no {what} {shorten(str(key))!r}. {remedy}".strip(), field=what, value=shorten(str(key))
        )


class Conflict(ResaError):
    """Somebody else was faster, or it is already so."""

    status = 409
    code = "conflict"


class Overloaded(ResaError):
    """More came than can be taken now; nothing of it was kept. Try again after `retry_after` seconds."""

    status = 503
    code = "overloaded"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        """Say what is full and when to come back."""
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after


def shorten(text: str, limit: int = 120) -> str:
    """`text` as it may be shown in an answer: at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
