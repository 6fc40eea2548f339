"""Regular expressions of authors: what any text is matched with in time, and what is refused before it is saved."""

from __future__ import annotations

import re

import pytest

from resa.experiments.engine import conditions, urls
from resa.kernel import expressions
from resa.kernel.errors import Refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        r"^/checkout",
        r".*checkout.*",
        r"/products/.*/reviews/.*",
        r"^.*a.*b",
        r"^[^@]+@[^@]+\.com$",
        r"/p/[^/]+/r/[^/]+/?$",
        r"^(/[^/]+)*/end$",
        r"(foo|bar)+x",
        r"(\d{1,3}\.){3}\d{1,3}",
        r"(?i)chrome|firefox",
        r"^(sv|en)(-[A-Z]{2})?$",
        r"/(cart|basket)(/|$)",
    ],
)
def test_what_authors_write_is_an_expression(text: str) -> None:
    expressions.check("pattern", text)


@pytest.mark.parametrize(
    "text",
    [
        r"(a+)+$",
        r"(a|aa)+$",
        r"((a+)+)?$",
        r"((a+)+){1,2}z",
        r"(.*a){20}",
        r"(\w+\s?)*$",
        r"(a*)*",
        r".*.*.*=",
        r"x*x*x*y",
        r"^.*a.*b[^c]*c",
        r"(?=(a+)+$)",
        r"(a?){50}a{50}",
        r"(ab?b)*c",
        r"(\d+|\d+x)*$",
        r"(a*)\1\1b",
        r"(?m)^.*a.*b",
        r"(s|\u017f)*\w*x",
    ],
)
def test_what_could_take_for_ever_is_refused(text: str) -> None:
    re.compile(text)
    with pytest.raises(Refused, match="for ever"):
        expressions.check("pattern", text)


@pytest.mark.parametrize("text", ["(", "a" * 1001, None])
def test_what_is_no_expression_is_refused(text: object) -> None:
    with pytest.raises(Refused):
        expressions.check("pattern", text)


def test_only_the_beginning_of_a_text_is_looked_at() -> None:
    holds = conditions.compile({"name": {"$regex": "b"}}, {})
    assert holds({"name": "a" * (expressions.LONGEST_TEXT - 1) + "b"})
    assert not holds({"name": "a" * expressions.LONGEST_TEXT + "b"})


@pytest.mark.parametrize(
    ("pattern", "meets"),
    [
        ("/*a*b*", True),
        ("/*ab*ab", False),
        ("/aab*", True),
        ("/*aab", True),
        ("/aab*aab", False),
        ("/AAB", True),
        ("/*" + "a*" * 200 + "x", False),
    ],
)
def test_stars_are_met_in_one_pass(pattern: str, meets: bool) -> None:
    assert urls.targeted("https://shop.example/aab", [{"pattern": pattern}]) is meets
    long = [{"pattern": "/*" + "a*" * 30 + "x"}]
    assert not urls.targeted(f"https://shop.example/{'a' * 2000}", long)
