"""What every kind of definition does over HTTP; a kind whose routes are made by `definitions_routes` is found by itself."""

from __future__ import annotations

from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.cast import Cast

EVENTS: Final[dict[str, Any]] = {"any": [{"name": "Order Completed"}]}
BODIES: Final[dict[str, dict[str, Any]]] = {  # in the order they are made: a goal names a metric
    "metric": {"measure": {"form": "count", "events": EVENTS}, "unit": "event"},
    "audience": {"rule": {"did": EVENTS}},
    "layer": {},
    "holdout": {"share": 0.1},
    "experiment": {"variations": [{"key": "a"}, {"key": "b"}]},
    "flag": {"type": "number", "default": 1},
    "goal": {"metric": "first", "target": 10.0, "due": "2030-01-01"},
    "idea": {},
    "bandit": {"experiment": "first", "metric": "first"},
    "journey": {"stages": [{"key": "buy", "name": "Buy", "touchpoints": []}]},
    "persona": {},
    "contact-policy": {},
    "brand": {},
    "email-sender": {"host": "smtp.shop.example", "from_address": "hello@shop.example"},
    "email-template": {"versions": [{"language": "en", "subject": "Hello", "body": "<mj-section></mj-section>"}]},
    "placement": {},
    "offer": {},
    "content": {"type": "text", "versions": [{"language": "en", "body": {"text": "Hello"}}]},
    "experience": {"placement": "first", "variations": [{"key": "a", "content": "first"}]},
    "survey": {
        "status": "live",
        "questions": [{"key": "again", "kind": "nps", "text": {"en": "Would you recommend us?"}}],
    },
    "feedback-rule": {"then": {"task": {}}},
    "reply-template": {"versions": [{"language": "en", "subject": "Sorry", "text": "Dear {{ customer.first_name }}"}]},
    "comment-source": {"match": {"name": "Review Written"}, "text": "review"},
    "theme": {"phrases": ["late delivery"]},
    "question": {"kind": "trends", "body": {"series": [{"match": {"name": "Order Completed"}}]}},
}
"""A body of each kind, without its name."""

NEEDY: Final = {"goal", "bandit", "experience"}
"""Kinds that name others, which must be there."""


def shelves(app: Litestar) -> dict[str, str]:
    """Kind and path of every shelf of the application."""
    found: dict[str, str] = {}
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            provided = handler.resolve_dependencies().get("shelf")
            if provided is not None and "{" not in route.path:
                shelf: Any = provided.dependency
                found[shelf.kind] = route.path
    return found


async def test_every_kind_has_a_body_here(app: Litestar) -> None:
    assert set(shelves(app)) == set(BODIES)


async def test_every_kind_keeps_its_versions_and_tells_who_was_first(app: Litestar, cast: Cast) -> None:
    editor, paths = await cast.member("editor"), shelves(app)
    for kind, rest in BODIES.items():
        at, body, better = paths[kind], {"name": "One", **rest}, {"name": "Two", **rest}
        page = f"{at}/first"

        made = await editor.post(at, json={"key": "first", "body": body})
        assert (made.status_code, made.json()["version"]) == (201, 1), made.text
        again = await editor.post(at, json={"key": "first", "body": better})
        assert (again.status_code, again.json()["current"]["version"]) == (409, 1), kind

        changed = await editor.put(page, json={"expected_version": 1, "body": better})
        assert (changed.status_code, changed.json()["version"], changed.json()["body"]["name"]) == (200, 2, "Two")
        late = await editor.put(page, json={"expected_version": 1, "body": body})
        assert (late.status_code, late.json()["current"]["body"]["name"]) == (409, "Two"), kind
        assert (await editor.get(page, params={"version": 1})).json()["body"]["name"] == "One"
        assert "first" in [row["key"] for row in (await editor.get(at)).json()["items"]]


async def test_every_kind_can_be_taken_away_and_brought_back(app: Litestar, cast: Cast) -> None:
    editor, paths = await cast.member("editor"), shelves(app)
    for kind, rest in BODIES.items():
        at, body = paths[kind], {"name": "One", **rest}
        page = f"{at}/first"
        assert (await editor.put(page, json={"expected_version": 0, "body": body})).status_code == 404, kind
        assert (await editor.post(at, json={"key": "first", "body": body})).status_code == 201, kind

        gone = await editor.delete(page)
        assert (gone.status_code, gone.json()) == (200, {"key": "first", "expected_version": 2}), kind
        assert (await editor.get(page)).status_code == (await editor.delete(page)).status_code == 404, kind
        back = await editor.put(page, json={"expected_version": 2, "body": body})
        assert (back.status_code, back.json()["version"]) == (200, 3), back.text


async def test_what_is_done_to_a_definition_stands_in_the_audit_log(app: Litestar, cast: Cast) -> None:
    editor, admin = await cast.member("editor"), await cast.member("admin")
    for kind, path in shelves(app).items():
        if kind not in NEEDY:
            await editor.post(path, json={"key": "first", "body": {"name": "One", **BODIES[kind]}})
            await editor.delete(f"{path}/first")
    log = [(line["action"], line["object"]) for line in (await admin.get("/api/audit")).json()["items"]]
    for kind in set(BODIES) - NEEDY:
        assert {(f"{kind}.saved", f"{kind}:first"), (f"{kind}.deleted", f"{kind}:first")} <= set(log)


async def test_who_may_only_look_changes_nothing(app: Litestar, cast: Cast) -> None:
    viewer = await cast.member("viewer")
    for kind, path in shelves(app).items():
        answer = await viewer.post(path, json={"key": "first", "body": {"name": "One", **BODIES[kind]}})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), kind
        assert (await viewer.get(path)).status_code == 200, kind
