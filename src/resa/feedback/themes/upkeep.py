"""What the background work on comments does: fill, find, learn, read; and what of it is due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from resa.feedback.themes import current, naming, runs, store
from resa.feedback.themes.current import Themes
from resa.feedback.themes.definition import THEME, Theme
from resa.feedback.themes.language_model import calls, unsaid
from resa.feedback.themes.model import Model
from resa.feedback.themes.reception import Reception
from resa.feedback.themes.store import FOREIGN, NOT_YET, Reading
from resa.feedback.themes.understanding import MOST, Scored, Understanding, Unread
from resa.kernel.audit import SYSTEM
from resa.kernel.definitions import definitions
from resa.kernel.events import SCHEMA
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.feedback.themes.finding import Text

Report = Callable[[str, float], None]

AT_ONCE: Final = 1_000
"""Comments that one transaction changes."""
SCANNED: Final = 200_000
"""Rows of the log that are searched at once."""
FEWEST: Final = 150
"""Comments from which themes are looked for by itself."""
GROWN: Final = 1.3
"""Times as many comments as at the last finding, from which it is due again."""
ASKED_AGAIN: Final = 3_600_000
"""Milliseconds after which a language model that failed is asked again."""
WEEK: Final = 7 * 86_400_000


class _Search:
    """The statement that finds the events that may carry a comment among some rows of the log."""

    def __init__(self, kinds: Collection[tuple[str, str | None]]) -> None:
        named = sorted((kind, name) for kind, name in kinds if name is not None)
        unnamed = sorted(kind for kind, name in kinds if name is None)
        tests = ["(type = ? AND name = ?)"] * len(named) + ["type = ?"] * len(unnamed)
        columns = ", ".join(f'"{field.name}"' for field in SCHEMA)
        self.sql = f"""
SELECT {columns} FROM log
 WHERE "row" >= ? AND "row" < ? AND code <> 0 AND coalesce(source, '') <> 'resa' AND ({" OR ".join(tests) or "1 = 0"})
 ORDER BY "row"
"""
        self.values = [*(part for pair in named for part in pair), *unnamed]


def _better(model: str, now: Reading) -> bool:
    """Whether a language model said something of a comment that nobody else can."""
    return model.startswith(FOREIGN) and now.sentiment == NOT_YET


class Upkeep:
    """Does the work; called in the background's thread."""

    def __init__(
        self, workspace: Workspace, reception: Reception, understanding: Understanding, themes: Themes
    ) -> None:
        """What it works with."""
        self._workspace = workspace
        self._state = workspace.state
        self._reception = reception
        self._understanding = understanding
        self._themes = themes

    def due(self) -> list[str]:
        """What should be done now, in this order."""
        out = []
        if self._unfilled() or self._dropped():
            out.append("fill")
        if self._understanding.due():
            out.append("learn")
        elif store.count(self._state) and store.read_with(self._state, self._understanding.reader().version)[2]:
            out.append("read")
        if self._finding_due():
            out.append("find")
        if self._asking_due():
            out.append("ask")
        return out

    def do(self, run: runs.Run, report: Report) -> dict[str, Any]:
        """Do what the run is for; what came of it."""
        doing: dict[str, Callable[[runs.Run, Report], dict[str, Any]]] = {
            "fill": self._fill,
            "find": self._find,
            "learn": self._learn,
            "read": self._read,
            "ask": lambda _run, report: unsaid.ask(self._workspace, report),
        }
        return doing[run.kind](run, report)

    # -- sources ---------------------------------------------------------------------------------------------------

    def _unfilled(self) -> dict[str, int]:
        """The sources, with their versions, that the history was not searched by."""
        with self._state.read() as tx:
            known = dict(tx.execute(sa.select(store.filled.c.source, store.filled.c.version)).all())
        listed = self._reception.sources.listed()
        return {
            key: version
            for key, (body, version) in listed.items()
            if known.get(key) != version and (not body.off or key in known)
        }

    def _live(self) -> list[str]:
        return [key for key, (body, _) in self._reception.sources.listed().items() if not body.off]

    def _dropped(self) -> bool:
        gone = sa.select(store.comments.c.id).where(~self._state.among(store.comments.c.source, self._live())).limit(1)
        with self._state.read() as tx:
            return tx.execute(gone).first() is not None

    def _fill(self, _run: runs.Run, report: Report) -> dict[str, Any]:
        """Search the history for comments. A comment known already is only read anew."""
        wanted = self._unfilled()
        dropped = store.drop_sources(self._state, self._live())
        search = _Search(self._reception.sources.kinds())
        last, found = self._workspace.body.landed(), 0
        for first in range(0, last, SCANNED) if wanted else ():
            report("searching", first / max(last, 1))
            events = self._workspace.body.query(search.sql, [first, min(first + SCANNED, last), *search.values])
            for start in range(0, events.num_rows, AT_ONCE):
                report("reading", (first + SCANNED * start / max(events.num_rows, 1)) / max(last, 1))
                pairs = self._reception.found(events.slice(start, AT_ONCE))
                pairs = [pair for pair in pairs if pair[1].source in wanted]
                if pairs:
                    rows, mentions = self._reception.read(pairs)
                    with self._state.write() as tx:
                        found += store.put(self._state, tx, rows, mentions, tell=True)
        with self._state.write() as tx:
            said = [{"source": key, "version": version} for key, version in wanted.items()]
            self._state.upsert(tx, store.filled, said, key=["source"])
        return {"found": found, "dropped": dropped}

    # -- themes ----------------------------------------------------------------------------------------------------

    def _finding_due(self) -> bool:
        total, last = store.count(self._state), runs.last_done(self._state, "find")
        if last is None or last.result is None:
            return total >= FEWEST
        before = int(last.result.get("comments", 0))
        old = self._workspace.clock() - last.started_at > WEEK
        return total >= GROWN * max(before, FEWEST) or (old and total >= before + FEWEST)

    def _texts(self, report: Report, total: int) -> Iterator[Text]:
        from resa.feedback.themes.finding import Text  # noqa: PLC0415  # SciPy and scikit-learn: a search only

        done = 0
        for rows in store.all_texts(self._state):
            done += len(rows)
            report("gathering", 0.1 * done / max(total, 1))
            yield from (Text(row.text, row.language) for row in rows)

    def _find(self, run: runs.Run, report: Report) -> dict[str, Any]:
        """Find themes anew, keep the keys of those known, and hold every comment against them."""
        from resa.feedback.themes import finding, lineage  # noqa: PLC0415  # as in _texts

        total = store.count(self._state)
        found = finding.find(self._texts(report, total), tick=lambda share: report("finding", 0.1 + 0.6 * share))
        bodies = self._themes.bodies()
        pinned = {key for key, body in bodies.items() if body.pinned and body.found}
        grown = lineage.continued(self._themes.model(), found, pinned, self._ever())
        self._save(grown.model, grown.new)
        runs.change(self._state, run.id, model=current.encoded(grown.model))
        self._themes.replace(grown.model)
        self._hold(report, total)
        return {
            "comments": total,
            "themes": sum(len(told.themes) for told in grown.model.languages),
            "languages": {told.language: len(told.themes) for told in grown.model.languages},
            "new": grown.new,
            "gone": grown.gone,
        }

    def _ever(self) -> set[str]:
        """Every key that a theme ever had."""
        with self._state.read() as tx:
            return set(
                tx.execute(sa.select(definitions.c.key).where(definitions.c.kind == THEME.name).distinct()).scalars()
            )

    def _save(self, model: Model, new: list[str]) -> None:
        """A definition for each new theme, under a name that no other has."""
        taken = {body.name for body in self._themes.bodies().values()}
        for told in model.languages:
            for theme in told.themes:
                if theme.key in new:
                    name = naming.name(theme.phrases, taken)
                    taken.add(name)
                    body = Theme(name=name, found=True)
                    self._workspace.definitions.save(THEME.name, theme.key, body, expected=None, author=SYSTEM.name)

    def hold_anew(self) -> None:
        """Hold every comment against the themes in force, as after a change of their phrases."""
        self._hold(lambda _step, _share: None, store.count(self._state))

    def _hold(self, report: Report, total: int) -> None:
        done = 0
        for rows in store.all_texts(self._state):
            mentions = self._reception.mentions((row.text, row.language) for row in rows)
            with self._state.write() as tx:
                store.set_themes(self._state, tx, {row.id: said for row, said in zip(rows, mentions, strict=True)})
            done += len(rows)
            report("assigning", 0.7 + 0.3 * done / max(total, 1))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _learn(self, _run: runs.Run, report: Report) -> dict[str, Any]:
        """Learn from the scored comments, then read every comment with what was learned."""
        report("learning", 0.0)
        c = store.comments.c
        query = (
            sa.select(c.text, c.metric, c.score, c.language)
            .where(c.score.is_not(None))
            .order_by(c.time.desc(), c.id)
            .limit(MOST)
        )
        with self._state.read() as tx:
            scored = [Scored(*row) for row in tx.execute(query)][::-1]
        version, quality = self._understanding.learn(scored, self._workspace.clock())
        read = self._reread(report, 0.5)
        return {"version": version, "scored": len(scored), "quality": quality, "read": read}

    def _read(self, _run: runs.Run, report: Report) -> dict[str, Any]:
        """Read every comment anew with the newest model."""
        return {"read": self._reread(report, 0.0)}

    def _reread(self, report: Report, start: float) -> int:
        total, done = store.count(self._state), 0
        for rows in store.all_texts(self._state, most=AT_ONCE):
            report("reading", start + (1 - start) * done / max(total, 1))
            readings: list[Reading] = self._understanding.read(
                [row.text for row in rows], [row.language if row.model == Unread.version else None for row in rows]
            )
            said = [(row, now) for row, now in zip(rows, readings, strict=True) if not _better(row.model, now)]
            rows, readings = [row for row, _ in said], [now for _, now in said]
            ids = [row.id for row in rows]
            moved = [n for n, (row, now) in enumerate(zip(rows, readings, strict=True)) if row.language != now.language]
            mentions = self._reception.mentions((rows[n].text, readings[n].language) for n in moved)
            with self._state.write() as tx:
                store.set_readings(tx, zip(ids, readings, strict=True))
                store.set_themes(self._state, tx, {ids[n]: said for n, said in zip(moved, mentions, strict=True)})
            done += len(ids)
        return done

    def _asking_due(self) -> bool:
        """Not again within the hour where the model did not answer as it should, or the day's budget is used up."""
        last = runs.last_ended(self._state, "ask")
        if last is not None and (last.state != "done" or (last.result or {}).get("spent")):
            ended = last.ended_at or last.started_at
            if self._workspace.clock() - ended < ASKED_AGAIN:
                return False
        return unsaid.waiting(self._workspace)

    def forgotten(self) -> None:
        """Somebody was erased: what was sent to a language model is forgotten too, for it may hold their words."""
        calls.forget_words(self._state)
