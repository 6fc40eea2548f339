"""On-site search: which terms, which find nothing, and after which customers leave."""

from __future__ import annotations

import re
import time
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
import numpy as np

from resa.analytics import bits
from resa.analytics.asking import Asking, Question, Span
from resa.analytics.paths import OWN
from resa.kernel import sequences, times
from resa.kernel.lens import Lens
from resa.kernel.matching.sql import ENGINES, number_of, text_of
from resa.kernel.sequences.routing import EVENT, NOTHING_FOUND, SEARCH
from resa.kernel.sequences.valuing import OTHERS

GAP: Final = 30 * 60 * 1000
"""A longer pause ends a session."""
MOST_TERMS: Final = 200

SEARCHED: Final = "Products Searched"
"""The event of Segment's e-commerce spec; its property `query` is the term."""
PARAMETER: Final = "[?&](q|query|s|search|search_term|searchterm|keyword|keywords)=([^&#]+)"
"""What a page's address says of a search."""
COUNTS: Final = ("results", "result_count", "results_count", "total_results", "number_of_results", "hits")
"""Properties by which an event says how much was found; an empty list `products` says that nothing was."""

_SPACE: Final = re.compile(r"\s+")


class SearchTerm(msgspec.Struct, frozen=True):
    """A term: how often and by how many it was searched, how often in vain, how often as the last thing of a session."""

    term: str
    searches: int
    customers: int
    without_result: int
    left: int


class SearchTotal(msgspec.Struct, frozen=True):
    """All searches together."""

    terms: int
    searches: int
    without_result: int
    left: int


class SearchNumbers(msgspec.Struct, frozen=True):
    """What GET /api/questions/search answers: the terms most searched for."""

    period: Span
    terms: list[SearchTerm]
    total: SearchTotal
    as_of: str
    took_ms: int


def said(engine: str) -> tuple[str, str]:
    """Which events are searches, and their terms, as SQL over `log`; a term of an address is marked, being encoded."""
    query = text_of("query", engine)
    address = f"COALESCE(page_url, '') || COALESCE({text_of('search', engine)}, '')"
    found = f"regexp_extract({address}, '{PARAMETER}', 2)"
    track = f"type = 'track' AND name = '{SEARCHED}'"
    value = f"CASE WHEN type = 'track' THEN 'said:' || {query} ELSE 'address:' || {found} END"
    return f"COALESCE(({track}) OR (type = 'page' AND {found} <> ''), FALSE)", value


def clean(text: str) -> str | None:
    """Terms that are the same to people are one: decoded, in lower case, without spaces around and between."""
    where, _, term = text.partition(":")
    term = _SPACE.sub(" ", unquote_plus(term, errors="replace") if where == "address" else term).strip().lower()
    return term or None


def label(lens: Lens, engine: str) -> str:
    """The bits of an event as SQL: anything at all, a search, one that found nothing."""
    is_search, _ = said(engine)
    counts = ", ".join(number_of(name, engine) for name in COUNTS)
    empty = f"COALESCE(COALESCE({counts}) = 0 OR {ENGINES[engine].raw('products')} = '[]', FALSE)"
    return (
        f"CASE WHEN code <> 0 AND COALESCE(source, '') <> '{OWN}' AND {bits.seen_by(lens, engine)} THEN {EVENT} + "
        f"CASE WHEN {is_search} THEN {SEARCH} + CASE WHEN {empty} THEN {NOTHING_FOUND} ELSE 0 END ELSE 0 END ELSE 0 END"
    )


def numbers(asked: Asking, question: Question) -> SearchNumbers:
    """The answer."""
    began = time.perf_counter()
    seen = asked.seen(question.lens)
    terms = asked.answer("search", seen.lens, lambda: _counted(asked, seen.lens))
    return SearchNumbers(
        period=Span.of(seen.lens.period),
        terms=terms[:MOST_TERMS],
        total=SearchTotal(
            len(terms),
            sum(term.searches for term in terms),
            sum(term.without_result for term in terms),
            sum(term.left for term in terms),
        ),
        as_of=times.iso(seen.now),
        took_ms=round(1000 * (time.perf_counter() - began)),
    )


def _counted(asked: Asking, lens: Lens) -> list[SearchTerm]:
    workspace, engine = asked.workspace, asked.workspace.body.dialect
    snapshot = workspace.index.snapshot()
    values = asked.values.valued(*said(engine), snapshot.next_row, clean)
    labelled = asked.labels.labelled(label(lens, engine), snapshot)
    labels = sequences.Labels(np.arange((EVENT | SEARCH | NOTHING_FOUND) + 1))
    found = sequences.searches(
        labelled, workspace.identities.map(), labels, values.rows, gap=GAP, **asked.read(lens)
    ).counted()
    return [SearchTerm(_term(values, one.term), *one[1:]) for one in found]


def _term(values: Any, number: int) -> str:
    return "Other" if number == OTHERS else values.text(number) or ""


def columns(answer: SearchNumbers) -> list[dict[str, object]]:
    """The terms as rows of a table, for a file."""
    return [msgspec.structs.asdict(term) for term in answer.terms]
