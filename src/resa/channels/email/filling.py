"""Liquid, with values of customers in it: escaped, bounded in size and time, and reaching nothing but the plain data it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache, wraps
from time import monotonic
from typing import Any, Final

import msgspec
from liquid import DictLoader, Environment
from liquid.exceptions import LiquidError
from markupsafe import Markup

from resa.channels.email import layout
from resa.kernel.errors import Refused

MOST_ROUNDS: Final = 1_000
MOST_OUTPUT: Final = 400_000
MOST_NAMES: Final = 400_000
MOST_VALUE: Final = 4_000
"""Characters of one text that a value brings."""
MOST_VALUES: Final = 2_000
"""Values that a mail is filled with, all lists and objects together."""
DEEPEST: Final = 8
MOST_BUTTONS: Final = 24
MOST_WORK: Final = 5_000_000
"""Characters that one filter may make: a text put in for each of another's."""
SECONDS: Final = 2.0
"""Within which a text is filled, or refused: many filters, each within its bound, are still too many."""
_RANGED: Final = 4
_MOST_BITS: Final = 256


class _Bounded(Environment):
    """Liquid as Shopify has it, without files, and with limits."""

    loop_iteration_limit = MOST_ROUNDS
    output_stream_limit = MOST_OUTPUT
    local_namespace_limit = MOST_NAMES
    context_depth_limit = 12


_until: Final = ContextVar("until", default=float("inf"))
"""When the filling that is under way has to be over, by the monotonic clock."""


def _environment(*, escaped: bool) -> Environment:
    made = _Bounded(loader=DictLoader({}), autoescape=escaped)
    for tag in ("include", "render"):
        made.tags.pop(tag, None)
    for name, function in list(made.filters.items()):
        made.filters[name] = _bounded(function)
    return made


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses what it would take for ever with: the library bounds loops and output, not what filters make."""

    @wraps(function)
    def wrapper(left: Any, *others: Any, **named: Any) -> Any:
        if monotonic() > _until.get():
            raise LiquidError(f"it takes longer than {SECONDS:g} seconds", token=None)
        sizes = [_size(value) for value in (left, *others)]
        if max(sizes) > MOST_NAMES or sizes[0] * max([1, *sizes[1:]]) > MOST_WORK:
            raise LiquidError("a filter has too much to do", token=None)
        return function(left, *others, **named)

    return wrapper


def _size(value: Any) -> int:
    """How much a filter has to do for a value."""
    if isinstance(value, range):
        return len(value) * _RANGED if len(value) <= MOST_ROUNDS else MOST_NAMES + 1
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return MOST_NAMES + 1
    return 1


_HTML: Final = _environment(escaped=True)
_PLAIN: Final = _environment(escaped=False)


@lru_cache(maxsize=256)
def _compiled(text: str, escaped: bool) -> Any:
    return (_HTML if escaped else _PLAIN).from_string(text)


def check(field: str, text: str) -> None:
    """Refuse what is no Liquid."""
    try:
        _compiled(text, True)
    except LiquidError as error:
        raise Refused(field, text[:80], f"is no Liquid: {_said(error)}", "Close every tag and quote.") from None


def fill(field: str, text: str, values: Mapping[str, Any], *, escaped: bool = True) -> str:
    """The text with its values. Raises Refused where it is no Liquid, or goes on for too long."""
    begun = _until.set(monotonic() + SECONDS)
    try:
        return str(_compiled(text, escaped).render(**values))
    except LiquidError as error:
        remedy = f"Loops go round {MOST_ROUNDS:,} times, write {MOST_OUTPUT:,} characters and take {SECONDS:g} seconds, at most."
        raise Refused(field, text[:80], f"can't be filled: {_said(error)}", remedy) from None
    except (ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise Refused(field, text[:80], f"can't be filled ({type(error).__name__}).", "Simplify it.") from None
    finally:
        _until.reset(begun)


def _buttons(value: Any, brand: Any = None, named: Any = "") -> Markup:
    """`{{ links | buttons: brand, question }}`: a table of links, each with `label` and `url`."""
    links = (
        [(str(one.get("label", "")), str(one.get("url", ""))) for one in value if isinstance(one, dict)]
        if isinstance(value, list)
        else []
    )
    told = brand if isinstance(brand, dict) else {}
    primary, ink = str(told.get("primary", "#14665a")), str(told.get("on_primary", "#ffffff"))
    return trusted(layout.buttons(links[:MOST_BUTTONS], primary=primary, on_primary=ink, named=str(named)))


def trusted(text: str) -> Markup:
    """Markup of ours, put in as it stands."""
    return Markup(text)  # noqa: S704  # rendered by this module, or written by us


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as data and nothing else: objects become dicts, long texts are cut, what is too much is left out."""
    left = [MOST_VALUES]
    cleaned = _plain(msgspec.to_builtins(values, enc_hook=str), left, 0)
    assert isinstance(cleaned, dict)
    return cleaned


def _plain(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > DEEPEST:
        return None
    if isinstance(value, dict):
        return {str(name)[:100]: _plain(inner, left, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, left, depth + 1) for inner in value]
    if value == "":
        return None  # to Liquid an empty text is true
    if isinstance(value, str):
        return "".join(c for c in value[:MOST_VALUE] if c.isprintable() or c in "\n\t")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        return None
    return value


def _said(error: LiquidError) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


_HTML.filters["buttons"] = _buttons
