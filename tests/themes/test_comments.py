"""Comments as they come: kept at once, told in the log, held against themes, merged and erased with their customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from resa.feedback import surveys, themes
from resa.feedback.themes import Comments, columns, pages, store
from resa.feedback.themes.columns import Filter
from resa.kernel.audit import SYSTEM
from resa.kernel.identities import identities
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from tests.kernel.making import BEGINNING, DAY, draft, identify
from tests.themes.planted import World

pytestmark = pytest.mark.both_states

ALL = Lens(Period(BEGINNING - DAY, BEGINNING + 400 * DAY))


@pytest.fixture
def comments(workspace: Workspace) -> Iterator[Comments]:
    made = themes.register(workspace)
    workspace.start()
    yield made
    made.jobs.close()


def commit(workspace: Workspace, *drafts: Any) -> None:
    workspace.committer.submit_sync(drafts)
    workspace.settle()
    themes.register(workspace).jobs.tell()  # by whoever is first, the follower or this
    workspace.settle()


def answer(text: str, *, user: str = "ada", score: float = 3, **more: Any) -> Any:
    said = {"survey": "nps", "comment": text, "metric": "nps", "score": score}
    return draft("Survey Answered", user=user, properties=said, **more)


def texts(workspace: Workspace, comments: Comments, **filtered: Any) -> list[str]:
    page = pages.page(workspace, comments.themes, ALL, Filter(**filtered), limit=2_000)
    return [item.text for item in page.items]


def done(workspace: Workspace, comments: Comments, kind: str) -> dict[str, Any]:
    from resa.feedback.themes import runs

    run = comments.jobs.start(kind, SYSTEM)
    comments.jobs.wait()
    ended = runs.get(workspace.state, run.id)
    assert (ended.state, ended.error) == ("done", None)
    return ended.result or {}


def test_a_comment_is_kept_and_told_once(workspace: Workspace, comments: Comments) -> None:
    review = {"review_title": "Lovely", "review_body": "It fits.", "rating": "4"}
    commit(
        workspace,
        answer("Too late\u0000 again"),
        draft("Product Reviewed", user="bob", properties=review),
        answer("  "),
    )
    page = pages.page(workspace, comments.themes, ALL, Filter(), limit=10)
    assert {(item.text, item.metric, item.score, item.source) for item in page.items} == {
        ("Too late again", "nps", 3.0, "survey-answers"),
        ("Lovely\nIt fits.", "rating", 4.0, "product-reviews"),
    }
    told = workspace.body.query("SELECT * FROM log WHERE name = 'Comment Understood' ORDER BY \"row\"").to_pylist()
    assert len(told) == 2
    assert all(event["source"] == "resa" and '"sentiment":' in event["properties"] for event in told)
    assert {event["time"] for event in told} == {BEGINNING}


def test_scores_off_the_scale_are_none(workspace: Workspace, comments: Comments) -> None:
    commit(workspace, answer("eleven", score=11), answer("nothing", score=float("1e308")))
    page = pages.page(workspace, comments.themes, ALL, Filter(), limit=10)
    assert [(item.metric, item.score) for item in page.items] == [(None, None)] * 2


def test_pages_go_on_where_they_ended(workspace: Workspace, comments: Comments) -> None:
    commit(workspace, *(answer(f"comment {n}", user=f"u{n % 3}", time=BEGINNING + n // 2) for n in range(25)))
    seen: list[str] = []
    cursor = None
    while True:
        page = pages.page(workspace, comments.themes, ALL, Filter(), limit=4, cursor=cursor)
        seen += [item.text for item in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == [f"comment {n}" for n in sorted(range(25), key=lambda n: (n // 2, n), reverse=True)]
    assert texts(workspace, comments, text="MENT 7") == ["comment 7"]
    assert texts(workspace, comments, text="%") == []


def test_few_comments_of_an_anonymous_survey_are_not_shown(workspace: Workspace, comments: Comments) -> None:
    surveys.register(workspace)
    body = {
        "name": "Team",
        "about": "employees",
        "anonymous": True,
        "questions": [{"key": "why", "kind": "text", "text": {"en": "Why?"}}],
    }
    workspace.definitions.save("survey", "team", body, expected=None, author="a test")
    said = [f"note {number}" for number in range(5)]
    for number, text in enumerate(said):
        properties = {"survey": "team", "comment": text}
        commit(
            workspace,
            draft("Survey Answered", anon=f"answer-{number}", properties=properties),
            answer(f"open {number}"),
        )
        shown = texts(workspace, comments)
        assert len(shown) == (number + 1 if number < 4 else 10)
    assert texts(workspace, comments, survey="team", text="note 3") == []
    assert len(texts(workspace, comments, survey="team")) == 5


def test_merges_are_followed_and_the_erased_are_forgotten(workspace: Workspace, comments: Comments) -> None:
    commit(workspace, draft("Survey Answered", anon="phone", properties={"comment": "one"}), answer("two"))
    commit(workspace, identify(user="ada", anon="phone"))
    page = pages.page(workspace, comments.themes, ALL, Filter(), limit=10)
    assert len({item.profile for item in page.items}) == 1
    with workspace.state.write() as tx:
        tx.execute(sa.update(identities).values(profile=-1))
    assert store.drop_erased(workspace.state) == 2
    assert store.count(workspace.state) == 0


def test_a_new_source_is_filled_from_the_history_and_forgotten_when_it_is_off(
    workspace: Workspace, comments: Comments
) -> None:
    commit(workspace, draft("Call Ended", user="ada", properties={"notes": "She was angry.", "mood": 2}))
    body: dict[str, Any] = {"name": "Calls", "match": {"name": "Call Ended"}, "text": "notes"}
    body |= {"score": "mood", "metric": "csat"}
    workspace.definitions.save("comment-source", "calls", body, expected=0, author="x")
    assert done(workspace, comments, "fill") == {"found": 1, "dropped": 0}
    assert texts(workspace, comments) == ["She was angry."]
    assert done(workspace, comments, "fill") == {"found": 0, "dropped": 0}
    workspace.definitions.save("comment-source", "calls", {**body, "off": True}, expected=1, author="x")
    assert done(workspace, comments, "fill")["dropped"] == 1
    workspace.definitions.save("comment-source", "calls", body, expected=2, author="x")
    assert done(workspace, comments, "fill")["found"] == 1


def test_themes_are_found_assigned_and_merged(workspace: Workspace, comments: Comments) -> None:
    world = World(themes=3)
    said, _ = world.comments(900)
    commit(workspace, *(answer(text, user=f"u{n}") for n, text in enumerate(said)))
    result = done(workspace, comments, "find")
    assert result["themes"] == 3
    assert sorted(result["new"]) == sorted(comments.themes.bodies())
    first, second, _ = sorted(result["new"])
    lone = len(texts(workspace, comments, theme=first))
    both = {*texts(workspace, comments, theme=first), *texts(workspace, comments, theme=second)}
    assert 20 < lone < len(both)
    body = {"name": "One of two", "found": True, "into": second}
    workspace.definitions.save("theme", first, body, expected=1, author="x")
    assert set(texts(workspace, comments, theme=second)) == both
    workspace.definitions.save("theme", first, {**body, "into": None}, expected=2, author="x")
    assert len(texts(workspace, comments, theme=first)) == lone

    commit(workspace, answer(" ".join(world.matter[1][:4]), user="late"))  # assigned as it comes
    page = pages.page(workspace, comments.themes, ALL, Filter(), limit=1)
    assert len(page.items[0].themes) == 1
    seen = columns.load(workspace, ALL, ALL.period, Filter())
    table = columns.mentions(workspace, seen, comments.themes.counts_as(), ALL.period).table(len(seen.id))
    assert int((~table.any(axis=1)).sum()) == len(texts(workspace, comments, theme="none"))
    assert done(workspace, comments, "read") == {"read": 901}
