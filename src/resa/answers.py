"""How errors become answers: always `{code, message, ...}` as JSON, never a trace of our insides."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap, Method
from sqlalchemy.exc import DataError

from resa.kernel.errors import ResaError, shorten

log: Final = logging.getLogger(__name__)

_BODY: Final = re.compile(r" - at `\$\.data\.(\w+)`")
"""A field of the body; the framework calls it our own fault where a dependency has the same name."""

Answer = Response[Mapping[str, Any]]
AnyRequest = Request[Any, Any, Any]

_METHODS: Final[tuple[Method, ...]] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_CODES: Final = {400: "invalid", 413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests"}


def refuse(_request: AnyRequest, error: ResaError) -> Answer:
    """An error of the caller, in its own words."""
    headers: dict[str, str] = {}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(error.body(), status_code=error.status, headers=headers)


def misshapen(_request: AnyRequest, error: ValidationException) -> Answer:
    """A body or parameter of the wrong shape: names the field, never repeats the value (it may be a password)."""
    told = error.extra if isinstance(error.extra, list) else []
    problems = [problem for problem in told if isinstance(problem, dict)]
    if not problems:
        return _answer(400, "invalid", shorten(error.detail))
    field, rule = str(problems[0].get("key", "body")), str(problems[0].get("message", ""))
    return _misfit("body" if field == "data" else field, rule)


def missing(request: AnyRequest, _error: NotFoundException) -> Answer:
    """There is no such path."""
    return _answer(404, "not_found", f"There is nothing at {shorten(request.url.path)}.")


def wrong_method(request: AnyRequest, _error: MethodNotAllowedException) -> Answer:
    """The path takes other methods: which, stands in `Allow`."""
    allowed = ", ".join(method for method in _METHODS if _routed(request, method))
    answer = _answer(405, "method_not_allowed", f"Not {request.method} but {allowed} is possible here.")
    answer.set_header("Allow", allowed)
    return answer


def unreadable(_request: AnyRequest, error: HTTPException) -> Answer:
    """What the framework refused: JSON that is none, a body too large."""
    if error.status_code >= 500:
        named = _BODY.search(str(error.__cause__)) if isinstance(error.__cause__, msgspec.ValidationError) else None
        return _misfit(named[1], str(error.__cause__)[: named.start()]) if named else broken(_request, error)
    return _answer(error.status_code, _CODES.get(error.status_code, "invalid"), shorten(error.detail))


def broken(request: AnyRequest, error: Exception) -> Answer:
    """Our own fault: the log learns what happened, the caller only that it did."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    remedy = "Try again; if it stays so, the server's log says more."
    return _answer(500, "internal", "Something went wrong on the server.", remedy=remedy)


def unstorable(_request: AnyRequest, _error: DataError) -> Answer:
    """A value of the right type that the state store can't hold; what is known of it stays out of the answer."""
    message = "A value can't be stored: a text holds the character NUL, or a number is too large."
    return _answer(400, "invalid", message, remedy="Send it without.")


class Asked(Request[Any, Any, Any]):
    """A request whose body, however hostile, is JSON or refused."""

    async def json(self) -> Any:
        """The body as JSON. Raises ClientException for other encodings and for depths that no reader follows."""
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException("JSON is malformed: it is not UTF-8.") from error
        except RecursionError as error:
            raise ClientException("JSON is malformed: it is nested too deeply.") from error


HANDLERS: Final[ExceptionHandlersMap] = {
    ResaError: refuse,
    ValidationException: misshapen,
    NotFoundException: missing,
    MethodNotAllowedException: wrong_method,
    HTTPException: unreadable,
    DataError: unstorable,
    Exception: broken,
}


def _answer(status: int, code: str, message: str, **details: str) -> Answer:
    return Response({"code": code, "message": message, **details}, status_code=status)


def _misfit(field: str, rule: str) -> Answer:
    remedy = "See /schema/openapi.json for what is expected."
    return _answer(400, "invalid", f"{field}: {rule}", field=field, rule=rule, remedy=remedy)


def _routed(request: AnyRequest, method: Method) -> bool:
    try:
        request.app.asgi_router.handle_routing(request.scope["path"], method)
    except HTTPException:
        return False
    return True
