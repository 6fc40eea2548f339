"""The docs as data: pages, headings, links, blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])

_FENCE: Final = re.compile(r"^ {0,3}(```+|~~~+)\s*(\w*)[^\n]*$")
_NOT_RUN: Final = re.compile(r"^<!-- not run: (.+) -->$")
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img[^>]* src=\"([^\"]+)\"|<source[^>]* srcset=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is its first line of code, from 1."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str | None

    def __str__(self) -> str:
        """As an editor opens it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page in order; a comment `<!-- not run: reason -->` before one is taken along."""
    lines = page.read_text().splitlines()
    at = 0
    while at < len(lines):
        if opened := _FENCE.match(lines[at]):
            above = next((line for line in reversed(lines[:at]) if line.strip()), "")
            excuse = _NOT_RUN.match(above)
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == opened[1])
            code = "\n".join(lines[at + 1 : end]) + "\n"
            yield Block(page, at + 2, opened[2].lower(), code, excuse[1] if excuse else None)
            at = end
        at += 1


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    text = page.read_text()
    for block in blocks(page):
        text = text.replace(block.code, "")
    return text


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    for found in _LINK.finditer(prose(page)):
        yield next(filter(None, found.groups()))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
