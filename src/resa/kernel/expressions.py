"""Regular expressions that authors write: refused where some text could make them take for ever.

Python's expressions backtrack, and they are matched while customers wait. So before one is saved it is asked in how many ways
it could try to match a text of the longest length: a repetition counts for one way where what follows it can't begin as it does.
"""

from __future__ import annotations

import math
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Sequence
from typing import Any, Final

from resa.kernel.errors import Refused

LONGEST_TEXT: Final = 2_000
"""How much of a text is looked at."""
LONGEST: Final = 1_000
"""How long an expression may be."""
OPERATORS: Final = ("$regex", "$regexi", "$notRegex", "$notRegexi")
"""What conditions call them."""
MOST_WAYS: Final = 4 * LONGEST_TEXT**2

_OTHER: Final = 128
"""Stands for every character beyond ASCII."""
_END: Final = 129
"""Stands for the end of the text."""
_EVERY: Final = frozenset(range(_OTHER + 1))
_FEW: Final = 100
_DIGITS: Final = 30
_EVER: Final = 10.0**_DIGITS
_FOLDED_BEYOND: Final = frozenset(map(ord, "skiSKI"))
"""Letters that are, without regard to case, also characters beyond ASCII."""
_REPEATS: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CATEGORIES: Final = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}

Letters = frozenset[int]


def check(field: str, text: object) -> None:
    """Refuse what is no expression, and one that could take for ever. Raises Refused."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Refused(field, str(text), f"is an expression of at most {LONGEST} characters.", "Write a shorter one.")
    try:
        re.compile(text)
        ways = _ways_anywhere(parser.parse(text))
    except (re.error, RecursionError, OverflowError) as wrong:
        raise Refused(field, text, f"is no regular expression: {wrong}.", "Mend it.") from None
    if ways > MOST_WAYS:
        raise Refused(
            field,
            text,
            "there are texts on which this expression could take for ever: a part that repeats holds or meets another that "
            "matches the same.",
            "Begin it with ^, repeat what can't match what follows ([^/]+ before /), or use fewer repetitions.",
        )


def _ways_anywhere(pattern: Any) -> float:
    anchored = bool(pattern) and pattern[0] in ((sre.AT, sre.AT_BEGINNING), (sre.AT, sre.AT_BEGINNING_STRING))
    multiline = bool(pattern.state.flags & re.MULTILINE)
    asked = _Ways()
    ways = asked.of(pattern, frozenset()) * (LONGEST_TEXT if asked.scans else 1)
    return ways * (1 if anchored and not multiline else LONGEST_TEXT)


class _Ways:
    """In how many ways nodes could match, where `after` are the letters that what follows them may begin with."""

    def __init__(self) -> None:
        """Nothing asked yet."""
        self.scans = False
        """Whether a repetition has one way, and yet reads on before it is seen whether the rest matches."""

    def of(self, nodes: Sequence[Any], after: Letters) -> float:
        """Of a sequence: each of its nodes in each of its ways."""
        found = 1.0
        for place, node in enumerate(nodes):
            found = min(found * self._of_node(node, _first(nodes[place + 1 :], after)), _EVER)
        return found

    def _of_node(self, node: Any, after: Letters) -> float:
        kind, said = node
        if kind in _REPEATS:
            least, most, body = said
            return self._repeated(least, most, body, after)
        if kind is sre.BRANCH:
            ways = [self.of(each, after) for each in said[1]]
            return max(ways) if _apart(_first(each, after) for each in said[1]) else sum(ways)
        if kind is sre.SUBPATTERN:
            return self.of(said[3], after)
        if kind is sre.ATOMIC_GROUP:
            return self.of(said, after)
        if kind in (sre.ASSERT, sre.ASSERT_NOT):
            return self.of(said[1], frozenset())
        if kind is sre.GROUPREF_EXISTS:
            return self.of(said[1], after) + (self.of(said[2], after) if said[2] else 1)
        return LONGEST_TEXT if kind is sre.GROUPREF else 1

    def _repeated(self, least: int, most: int, body: Any, after: Letters) -> float:
        first, empty = _first(body, frozenset()), body.getwidth()[0] == 0
        ways = self.of(body, first | after if most > 1 else after)
        if ways > 1 or (empty and most > 1):
            ways = max(ways, 2)
            if most > _FEW or most * math.log10(ways) > _DIGITS:
                return _EVER
            return ways**most * (most - least + 1)
        if least == most:
            return 1
        if not empty and _apart([first, after]):
            self.scans = self.scans or (most > _FEW and bool(after))
            return 1
        return min(most, LONGEST_TEXT) - min(least, LONGEST_TEXT) + 1


def _first(nodes: Sequence[Any], after: Letters) -> Letters:
    """The letters that a sequence may begin with; those of `after` where it may be empty."""
    found: Letters = frozenset()
    for kind, said in nodes:
        letters, passes = _begins(kind, said)
        found |= letters
        if not passes:
            return found
    return found | after


def _begins(kind: Any, said: Any) -> tuple[Letters, bool]:
    """What a node begins with, and whether it may be empty."""
    nothing: Letters = frozenset()
    if kind in _REPEATS:
        return _first(said[2], nothing), said[0] == 0 or said[2].getwidth()[0] == 0
    if kind is sre.BRANCH:
        return nothing.union(*(_first(each, nothing) for each in said[1])), any(
            each.getwidth()[0] == 0 for each in said[1]
        )
    if kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
        inner = said[3] if kind is sre.SUBPATTERN else said
        return _first(inner, nothing), inner.getwidth()[0] == 0
    if kind is sre.AT:
        ends = said in (sre.AT_END, sre.AT_END_STRING)
        return frozenset([_END]) if ends else nothing, not ends
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return nothing, True
    if kind in (sre.GROUPREF, sre.GROUPREF_EXISTS):
        return _EVERY, True
    return _folded(_letters(kind, said)), False


def _letters(kind: Any, said: Any) -> Letters:
    if kind is sre.LITERAL:
        return frozenset([min(said, _OTHER)])
    if kind is sre.NOT_LITERAL:
        return _EVERY - {said}
    if kind is sre.RANGE:
        return frozenset(range(min(said[0], _OTHER), min(said[1], _OTHER) + 1))
    if kind is sre.CATEGORY and said in _CATEGORIES:
        member = re.compile(_CATEGORIES[said]).fullmatch
        return frozenset(each for each in range(_OTHER) if member(chr(each))) | {_OTHER}
    if kind is sre.IN:
        negated = said[0][0] is sre.NEGATE
        found: Letters = frozenset().union(*(_letters(*each) for each in said[negated:]))
        return (_EVERY - found) | {_OTHER} if negated else found
    return _EVERY


def _folded(letters: Letters) -> Letters:
    """With both cases: whether case counts is said elsewhere."""
    both = {ord(case) for each in letters if each < _OTHER for case in (chr(each).lower(), chr(each).upper())}
    return frozenset(both) | (letters & {_OTHER}) | ({_OTHER} if both & _FOLDED_BEYOND else frozenset())


def _apart(sets: Iterable[Letters]) -> bool:
    seen: set[int] = set()
    for each in sets:
        if seen & each:
            return False
        seen |= each
    return True
