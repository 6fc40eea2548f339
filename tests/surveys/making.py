"""Surveys for tests."""

from __future__ import annotations

from typing import Any

KINDS: dict[str, dict[str, Any]] = {
    "nps": {"low": {"en": "Not at all"}, "high": {"en": "Certainly"}},
    "csat": {},
    "ces": {},
    "scale": {"lowest": 0, "highest": 10},
    "rating": {"highest": 5},
    "single": {"options": "abc"},
    "multiple": {"options": "abc"},
    "ranking": {"options": "abc"},
    "matrix": {"options": "abc", "rows": "xyz"},
    "text": {"max_length": 500},
    "date": {},
    "contact": {"fields": ["name", "email", "phone"]},
}
"""Every kind of question, with what it needs."""

GIVEN: dict[str, Any] = {
    "nps": 9,
    "csat": 4,
    "ces": 6,
    "scale": 0,
    "rating": 3,
    "single": "b",
    "multiple": ["a", "c"],
    "ranking": ["c", "a", "b"],
    "matrix": {"x": "a", "y": "b", "z": "c"},
    "text": "Slow delivery.",
    "date": "2026-12-24",
    "contact": {"name": "Ada", "email": "ada@example.com", "phone": "+46 70 123 45 67"},
}
"""An answer that each kind takes."""


def question(kind: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    """A question of a kind; options and rows by their letters."""
    said = {**KINDS[kind], **more}
    for field in ("options", "rows"):
        if isinstance(said.get(field), str):
            said[field] = [{"key": letter, "text": {"en": f"Choice {letter}"}} for letter in said[field]]
    return {"key": key or kind, "kind": kind, "text": {"en": f"The question {key or kind}?"}, **said}


def survey(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A live survey that anybody with its link may answer."""
    return {
        "name": "How was it?",
        "status": "live",
        "languages": ["en"],
        "open_link": True,
        "questions": list(questions) or [question("nps"), question("text")],
        **more,
    }
