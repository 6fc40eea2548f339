"""Definitions: versions, conflicts, undo, files, and what is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from resa.kernel import definitions, differences
from resa.kernel.definitions import Definitions, Kind, Portable
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.state import State, sqlite_url


class Leg(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A part of a trip."""

    key: str
    name: str
    miles: int = 0


class Trip(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A small kind to test with."""

    name: str
    legs: tuple[Leg, ...] = ()


def short(trip: Trip) -> None:
    """Refuse a trip with too many legs."""
    if len(trip.legs) > 3:
        raise Refused("legs", len(trip.legs), "at most 3 legs.", "Take some away.")


@pytest.fixture
def book(state: State) -> Definitions:
    """Definitions that know trips, with a clock that ticks."""
    ticks = iter(range(1_000, 100_000))
    opened = Definitions(state, lambda: next(ticks))
    opened.register(Kind("trip", Trip, short))
    return opened


def trip(name: str, *legs: dict[str, Any]) -> dict[str, Any]:
    """The body of a trip."""
    return {"name": name, "legs": list(legs)}


def test_one_that_can_t_be_read_takes_no_others_with_it_and_can_be_mended(
    book: Definitions, state: State, caplog: pytest.LogCaptureFixture
) -> None:
    for key in ("north", "south"):
        book.save("trip", key, trip(key), expected=0, author="a@example.com")
    for version, body in ((2, '{"title": "of another release"}'), (3, "no JSON")):
        row = {
            "kind": "trip",
            "key": "north",
            "version": version,
            "body": body,
            "author": "b",
            "at": 1,
            "deleted": False,
        }
        with state.write() as tx:
            tx.execute(definitions.definitions.insert().values(row))
        later = Definitions(state)
        later.register(Kind("trip", Trip, short))
        assert [item.key for item in later.all("trip")] == [item.key for item in later.export()] == ["south"]
        (found,) = later.unreadable()
        assert (found.kind, found.key, found.version) == ("trip", "north", version)
        assert later.ever("trip")
        with pytest.raises(NotFound, match=f"ersion {version} can't be read"):
            later.get("trip", "north")
        with pytest.raises(NotFound, match="use another"):
            later.get("trip", "north", version)
        later.all("trip")
    assert [each.levelname for each in caplog.records] == ["ERROR", "ERROR"]
    assert "'north', version 2," in caplog.messages[0]
    later.delete("trip", "north", author="c")
    later.restore("trip", "north", 1, expected=4, author="c")
    assert (later.unreadable(), later.get("trip", "north").body.name) == ([], "north")


def test_saving_appends_versions_and_the_newest_is_current(book: Definitions) -> None:
    """Three saves are three versions; the first is still there."""
    for version, name in enumerate(["Uppsala", "Lund", "Kiruna"]):
        book.save("trip", "north", trip(name), expected=version, author=f"{name.lower()}@example.com")
    assert book.get("trip", "north").body.name == "Kiruna"
    assert book.get("trip", "north").version == 3
    assert book.get("trip", "north", 1).body.name == "Uppsala"
    assert [(item.version, item.author) for item in book.history("trip", "north")] == [
        (3, "kiruna@example.com"),
        (2, "lund@example.com"),
        (1, "uppsala@example.com"),
    ]


def test_saving_from_an_outdated_version_is_a_conflict_that_carries_the_current_one(book: Definitions) -> None:
    """Nobody overwrites what somebody else saved meanwhile."""
    book.save("trip", "north", trip("first"), expected=0, author="a")
    book.save("trip", "north", trip("second"), expected=1, author="b")
    with pytest.raises(Conflict) as caught:
        book.save("trip", "north", trip("mine"), expected=1, author="c")
    current = caught.value.details["current"]
    assert (current["version"], current["author"], current["body"]["name"]) == (2, "b", "second")
    assert book.get("trip", "north").body.name == "second"


def test_creating_what_exists_is_a_conflict(book: Definitions) -> None:
    """Expecting version 0 says: it is new."""
    book.save("trip", "north", trip("first"), expected=0, author="a")
    with pytest.raises(Conflict):
        book.save("trip", "north", trip("another"), expected=0, author="a")
    with pytest.raises(Conflict):
        book.save("trip", "south", trip("not there yet"), expected=4, author="a")


def test_saving_the_same_body_again_saves_nothing(book: Definitions) -> None:
    """No noise in the history."""
    book.save("trip", "north", trip("same"), expected=0, author="a")
    assert book.save("trip", "north", trip("same"), expected=1, author="b").version == 1


def test_a_second_process_saving_between_read_and_write_is_a_conflict(state: State, book: Definitions) -> None:
    """The store decides, not this process's memory."""
    other = Definitions(state)
    other.register(Kind("trip", Trip))
    book.save("trip", "north", trip("one"), expected=0, author="a")
    assert book.get("trip", "north").version == 1
    other.save("trip", "north", trip("two"), expected=1, author="b")
    with pytest.raises(Conflict):
        book.save("trip", "north", trip("three"), expected=1, author="a")
    assert book.get("trip", "north").body.name == "two"


def test_restoring_an_old_version_saves_it_as_the_newest(book: Definitions) -> None:
    """History is never rewritten."""
    book.save("trip", "north", trip("good"), expected=0, author="a")
    book.save("trip", "north", trip("bad"), expected=1, author="a")
    restored = book.restore("trip", "north", 1, expected=2, author="a")
    assert (restored.version, restored.body.name) == (3, "good")


def test_a_deleted_definition_is_gone_and_comes_back_by_undo(book: Definitions) -> None:
    """Deleting is a version like any other."""
    book.save("trip", "north", trip("kept"), expected=0, author="a")
    book.delete("trip", "north", expected=1, author="a")
    assert book.all("trip") == []
    assert book.export() == []
    with pytest.raises(NotFound):
        book.get("trip", "north")
    assert book.undelete("trip", "north", expected=2, author="a").version == 3
    assert book.get("trip", "north").body.name == "kept"
    book.delete("trip", "north", author="a")
    assert book.restore("trip", "north", 1, expected=4, author="a").version == 5
    book.delete("trip", "north", author="a")
    assert book.save("trip", "north", trip("taken again"), expected=0, author="a").version == 7


@pytest.mark.parametrize("key", ["", "-x", "A", "a b", "a/b", "ä", "x" * 65, "a\n", "a\0b"])
def test_a_key_is_a_short_slug(book: Definitions, key: str) -> None:
    """Refused when saved, not found when read."""
    with pytest.raises(Refused) as caught:
        book.save("trip", key, trip("x"), expected=0, author="a")
    assert caught.value.details["field"] == "key"
    for read in (book.get, book.history):
        with pytest.raises(NotFound):
            read("trip", key)
    with pytest.raises(NotFound):
        book.get("trip", key, 1)


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 2**80])
def test_a_version_that_never_was_is_not_found(book: Definitions, version: int) -> None:
    """Whatever number is asked for."""
    book.save("trip", "north", trip("x"), expected=0, author="a")
    with pytest.raises(NotFound):
        book.get("trip", "north", version)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'"x"', "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (b'{"name": "x", "pad": "' + b"x" * 1_000_001 + b'"}', "body"),
        (b"{}", "name"),
        ({"name": 3}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "lgs": []}, "lgs"),
        (trip("x", {"key": "a", "name": "a"}, {"key": "b"}), "legs[1].name"),
        (trip("x", {"key": "a", "name": "a", "miles": "3"}), "legs[0].miles"),
        (trip("x", {"key": "a", "name": "a", "miles": 3.5}), "legs[0].miles"),
        (trip("x", {"key": "a", "name": "a", "km": 5}), "legs[0].km"),
        (trip("x", *[{"key": str(number), "name": "a"} for number in range(4)]), "legs"),
    ],
)
def test_a_bad_body_is_refused_with_the_path_of_what_is_wrong(
    book: Definitions, body: bytes | dict[str, Any], field: str
) -> None:
    """Name, value, rule and remedy; and nothing is saved."""
    with pytest.raises(Refused) as caught:
        book.save("trip", "north", body, expected=0, author="a")
    details = caught.value.details
    assert details["field"] == field
    assert details["rule"]
    assert details["remedy"]
    assert book.all("trip") == []


def test_an_unknown_kind_is_not_found(book: Definitions) -> None:
    """With the kinds that are known."""
    with pytest.raises(NotFound, match="Known kinds: trip"):
        book.save("voyage", "north", trip("x"), expected=0, author="a")


def test_what_is_exported_applies_to_another_workspace_and_then_changes_nothing(
    book: Definitions, tmp_path: Path
) -> None:
    """Idempotent, whatever the order of the file."""
    for key in ("south", "north"):
        book.save("trip", key, trip(key, {"key": "a", "name": "A"}), expected=0, author="a")
    exported = book.export()
    assert [item.key for item in exported] == ["north", "south"]
    (tmp_path / "other").mkdir()
    other = Definitions(State.open(sqlite_url(tmp_path / "other")))
    other.register(Kind("trip", Trip))
    assert [change.change for change in other.apply(exported[::-1], author="file")] == ["new", "new"]
    assert msgspec.json.encode(other.export()) == msgspec.json.encode(exported)
    assert [change.change for change in other.apply(exported, author="file")] == ["same", "same"]
    assert other.get("trip", "north").version == 1


def portable(key: str, body: dict[str, Any]) -> Portable:
    """A definition as it stands in a file."""
    return Portable("trip", key, msgspec.Raw(msgspec.json.encode(body)))


def test_a_dry_run_says_what_would_change_and_changes_nothing(book: Definitions) -> None:
    """One line per field, found by key."""
    a, b, c = ({"key": key, "name": key.upper()} for key in "abc")
    book.save("trip", "north", trip("Old", a, b), expected=0, author="a")
    wanted = [portable("north", trip("New", {**b, "miles": 7}, c)), portable("east", trip("East"))]
    changed, new = book.apply(wanted, author="file", dry_run=True)
    assert str(changed).splitlines() == [
        "changed trip north",
        '  ~ name: "Old" -> "New"',
        '  - legs[a]: {"key":"a","name":"A","miles":0}',
        "  ~ legs[b].miles: 0 -> 7",
        '  + legs[c]: {"key":"c","name":"C","miles":0}',
    ]
    assert (new.change, new.key) == ("new", "east")
    assert [item.key for item in book.all("trip")] == ["north"]
    assert book.apply(wanted, author="file") == [changed, new]
    assert book.get("trip", "north").body.name == "New"


def test_a_changed_order_is_a_difference() -> None:
    """Stages have an order."""
    items = [{"key": "a"}, {"key": "b"}]
    (difference,) = differences.differences({"legs": items}, {"legs": items[::-1]})
    assert str(difference) == '~ legs (order): ["a","b"] -> ["b","a"]'


def test_applying_is_all_or_nothing(book: Definitions) -> None:
    """One bad definition, and its good neighbours wait."""
    with pytest.raises(Refused) as caught:
        book.apply([portable("good", trip("Good")), portable("bad", {"legs": []})], author="file")
    assert caught.value.details["field"] == "definitions[1].body.name"
    assert book.all("trip") == []
    with pytest.raises(Refused, match="twice"):
        book.apply([portable("good", trip("Good")), portable("good", trip("Better"))], author="file")


def test_applying_brings_back_what_was_deleted(book: Definitions) -> None:
    """The file says it should be there."""
    book.save("trip", "north", trip("North"), expected=0, author="a")
    book.delete("trip", "north", author="a")
    assert [change.change for change in book.apply([portable("north", trip("North"))], author="file")] == ["new"]
    assert book.get("trip", "north").version == 3


def test_of_two_who_save_the_same_version_at_once_one_wins(state: State, book: Definitions) -> None:
    """Both had read version 1; the store lets one of them through."""
    book.save("trip", "north", trip("first"), expected=0, author="a")
    other = Definitions(state)
    other.register(Kind("trip", Trip))
    gate = threading.Barrier(2)

    def save(definitions: Definitions, name: str) -> str:
        gate.wait()
        try:
            definitions.save("trip", "north", trip(name), expected=1, author=name)
        except Conflict:
            return "late"
        return name

    with ThreadPoolExecutor(2) as pool:
        outcomes = set(pool.map(save, (book, other), ("one", "two")))
    assert len(outcomes) == 2
    assert "late" in outcomes
    (winner,) = outcomes - {"late"}
    assert [item.version for item in book.history("trip", "north")] == [2, 1]
    assert book.get("trip", "north", 2).body.name == winner


# -- drafts that keep themselves -------------------------------------------------------------------------------------


@pytest.fixture
def notes(state: State) -> tuple[Definitions, list[int]]:
    """Definitions in which a trip without legs is a draft, and the clock by which they are saved."""
    now = [definitions.FOLDED_MS * 100]
    opened = Definitions(state, lambda: now[0])
    opened.register(Kind("trip", Trip, short, draft=lambda body: not body.legs))
    return opened, now


@pytest.mark.both_states
def test_drafts_of_one_author_fold_into_the_last_of_ten_minutes_and_numbers_go_on(
    notes: tuple[Definitions, list[int]],
) -> None:
    book, now = notes
    for number in range(5):
        book.save("trip", "alps", trip(f"draft {number}"), expected=number, author="ada")
        now[0] += 2_000
    assert [old.version for old in book.history("trip", "alps")] == [5]
    assert book.get("trip", "alps").body.name == "draft 4"
    with pytest.raises(Conflict):  # whoever opened one that was folded away still saves over nothing unseen
        book.save("trip", "alps", trip("from an old one"), expected=3, author="bob")
    with pytest.raises(NotFound):
        book.get("trip", "alps", 3)
    now[0] += definitions.FOLDED_MS
    book.save("trip", "alps", trip("later"), expected=5, author="ada")
    assert [old.version for old in book.history("trip", "alps")] == [6, 5]


@pytest.mark.both_states
def test_what_another_wrote_was_published_or_taken_away_is_never_folded(notes: tuple[Definitions, list[int]]) -> None:
    book, _ = notes
    leg = {"key": "a", "name": "Up"}
    book.save("trip", "alps", trip("hers"), expected=0, author="ada")
    book.save("trip", "alps", trip("his"), expected=1, author="bob")
    book.save("trip", "alps", trip("published", leg), expected=2, author="bob")
    book.save("trip", "alps", trip("published again", leg), expected=3, author="bob")
    book.save("trip", "alps", trip("a draft once more"), expected=4, author="bob")
    book.delete("trip", "alps", author="bob")
    book.save("trip", "alps", trip("back"), expected=6, author="bob")
    assert [(old.version, old.deleted) for old in reversed(book.history("trip", "alps"))] == [
        *((number, False) for number in range(1, 6)),
        (6, True),
        (7, False),
    ]
    assert book.restore("trip", "alps", 3, expected=7, author="bob").body.legs


def test_a_kind_without_drafts_keeps_every_version(book: Definitions) -> None:
    for number in range(3):
        book.save("trip", "alps", trip(str(number)), expected=number, author="ada")
    assert len(book.history("trip", "alps")) == 3
