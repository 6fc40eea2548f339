"""On-site search of a workspace against a slow reference, and what counts as a search."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from resa.analytics import search
from resa.analytics.asking import Asking, LensBody, Question
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.questions import reference
from tests.questions.conftest import START, World, day
from tests.sequences.reference import Event

MINUTE = 60_000


def drafts(seed: int) -> list[Draft]:
    """People who search, by event and by page, with and without results, and do something else in between."""
    dice = random.Random(seed)
    made = []
    for number in range(900):
        who, kind = dice.randrange(25), dice.choice(("track", "page", "other", "plain"))
        term = dice.choice(("red shoes", " Red  Shoes", "hat", "übergröße", ""))
        time = START + dice.randrange(200) * 7 * MINUTE
        said: dict[str, Any] = {"query": term}
        if dice.random() < 0.4:
            said |= dice.choice(({"results": dice.randrange(3)}, {"products": []}, {"total_results": "0"}))
        url = "https://shop.example/search?" + dice.choice(
            ("q=red+shoes", "x=1&query=hat", "page=2", "s=%C3%BCbergr%C3%B6%C3%9Fe")
        )
        made.append(
            Draft(
                message_id=f"s{seed}-{number}",
                type="page" if kind in ("page", "plain") else "track",
                name={"track": "Products Searched", "other": "Product Viewed"}.get(kind, ""),
                time=time,
                received_at=time,
                anonymous_id=f"a{who}",
                channel=dice.choice(("web", "app")),
                source="shop",
                page_url=url if kind == "page" else None,
                simulated=who > 20,
                properties=msgspec.json.encode(said if kind == "track" else {}).decode(),
            )
        )
    return made


@pytest.fixture(scope="module")
def searching(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A workspace of people who search."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("search") / "data")).start()
    world = World(workspace, Asking(workspace), [])
    world.land(drafts(1))
    world.merge(3, 4)
    world.land(drafts(2))
    yield world
    workspace.close()


def term_of(draft: Draft) -> str:
    """What an event searches for; nothing if it is no search."""
    if draft.name == "Products Searched":
        return " ".join(msgspec.json.decode(draft.properties)["query"].lower().split())
    told = {"q=red+shoes": "red shoes", "query=hat": "hat", "s=%C3%BC": "übergröße"}
    return next((term for part, term in told.items() if part in (draft.page_url or "")), "")


def in_vain(draft: Draft) -> bool:
    """Whether an event says that nothing was found."""
    said = msgspec.json.decode(draft.properties)
    return said.get("products") == [] or 0 in (said.get("results"), int(said.get("total_results", 1)))


@pytest.mark.parametrize("lens", [{}, {"channel": "web"}, {"simulated": False}])
def test_every_figure_is_what_the_reference_counts(searching: World, lens: dict[str, Any]) -> None:
    body = msgspec.convert({"from": day(0), "to": day(3), **lens}, LensBody)
    found: dict[str, list[tuple[int, reference.Search]]] = defaultdict(list)
    terms: list[str] = []
    for who, events in searching.journeys(searching.asking.seen(body).lens).items():
        journey = []
        for time, row, draft in events:
            term = term_of(draft)
            label = 1 + (2 if term else 0) + (4 if term and draft.type == "track" and in_vain(draft) else 0)
            terms += [term] if term not in terms else []
            journey.append(Event(time, row, terms.index(term), 0, label))
        for one in reference.searches(journey, lambda e: e.code + 1, 30 * MINUTE):
            found[terms[one.term - 1]].append((who, one))
    answer = search.numbers(searching.asking, Question(lens=body))
    assert {(t.term, t.searches, t.customers, t.without_result, t.left) for t in answer.terms} == {
        (term, len(made), len({w for w, _ in made}), sum(s.without for _, s in made), sum(s.left for _, s in made))
        for term, made in found.items()
    }
    assert [t.searches for t in answer.terms] == sorted((t.searches for t in answer.terms), reverse=True)
    assert answer.total.searches == sum(len(made) for made in found.values())


def test_a_page_and_an_event_of_one_search_are_one(tmp_path: Path) -> None:
    """Most sites send both: the page of results, and what was searched."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path / "data")).start()
    try:
        world = World(workspace, Asking(workspace), [])
        page: dict[str, Any] = {"type": "page", "name": "", "page_url": "https://shop.example/s?q=Hat"}
        event = {"type": "track", "name": "Products Searched", "properties": '{"query": "hat", "results": 0}'}
        later = {"type": "track", "name": "Product Viewed"}
        world.land(
            [
                Draft(message_id=f"m{n}", time=START + n, received_at=START + n, anonymous_id=who, **said)
                for n, (who, said) in enumerate([("a", page), ("a", event), ("b", page), ("b", event), ("b", later)])
            ]
        )
        body = msgspec.convert({"from": day(0), "to": day(1)}, LensBody)
        (term,) = search.numbers(world.asking, Question(lens=body)).terms
        assert (term.term, term.searches, term.customers, term.without_result, term.left) == ("hat", 2, 2, 2, 1)
        assert profile_id(0) == "p_0"
    finally:
        workspace.close()


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/api/questions/search", params={"from": "2023-11-01", "to": "2023-12-01"})
    assert (answer.status_code, answer.json()["terms"]) == (200, []), answer.text
