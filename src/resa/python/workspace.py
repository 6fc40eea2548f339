"""A workspace as Python sees it: a method per kind of question, each answered by the API as a table.

Every method takes the lens by name: `start`, `end` (a day, a time, or a text of either; without them the last 30 days),
`compare`, `channel`, `simulated`, `population`.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, Self, TypedDict, Unpack
from urllib.parse import quote, urlencode

import pyarrow as pa

from resa.kernel.errors import ResaError
from resa.python import tables
from resa.python.events import Event, any_of, label, match, seconds, step
from resa.python.speaking import Speak, read
from resa.python.tables import MOMENT, Schema, Table

Interval = Literal["day", "week", "month"]
Moment = str | date | datetime

TEXT, WHOLE, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()


class Lens(TypedDict, total=False):
    """What of the log is looked at."""

    start: Moment | None
    end: Moment | None
    compare: str | None
    channel: str | None
    simulated: bool
    population: str | None


_DEFINED: Final[Schema] = {"key": TEXT, "name": TEXT, "version": WHOLE}
_FIGURE: Final[Schema] = {"value": NUMBER, "low": NUMBER, "high": NUMBER, "n": WHOLE}
_BEFORE: Final[Schema] = {"previous": NUMBER, "change": NUMBER, "change_low": NUMBER, "change_high": NUMBER}
_PEOPLE: Final[Schema] = {"profile": TEXT, "name": TEXT, "email": TEXT}
_STEP: Final[Schema] = {
    "step": WHOLE,
    "label": TEXT,
    "group": TEXT,
    "customers": WHOLE,
    "share_of_first": NUMBER,
    "low": NUMBER,
    "high": NUMBER,
    "share_of_previous": NUMBER,
    "median_seconds": NUMBER,
    "previous_customers": WHOLE,
    "difference": NUMBER,
    "difference_low": NUMBER,
    "difference_high": NUMBER,
}
_POINT: Final[Schema] = {
    "label": TEXT,
    "group": TEXT,
    "at": MOMENT,
    "events": WHOLE,
    "customers": WHOLE,
    "previous_events": WHOLE,
    "previous_customers": WHOLE,
}
_VALUE: Final[Schema] = {"value": NUMBER, "low": NUMBER, "high": NUMBER, "n": WHOLE, "previous_value": NUMBER}
_RETURN: Final[Schema] = {
    "cohort": MOMENT,
    "group": TEXT,
    "size": WHOLE,
    "interval": WHOLE,
    "returned": WHOLE,
    "share": NUMBER,
    "low": NUMBER,
    "high": NUMBER,
}
_PATHS: Final[Mapping[str, Schema]] = {
    "links": {"step": WHOLE, "from": TEXT, "to": TEXT, "customers": WHOLE},
    "nodes": {"step": WHOLE, "name": TEXT, "type": TEXT, "customers": WHOLE},
    "top": {"names": pa.list_(TEXT), "customers": WHOLE, "times": WHOLE},
}
_TERM: Final[Schema] = {"term": TEXT, "searches": WHOLE, "customers": WHOLE, "without_result": WHOLE, "left": WHOLE}
_MODELS: Final = ("first", "last", "linear", "time_decay", "markov", "shapley")
_TOUCH: Final[Schema] = {
    "touch": TEXT,
    "name": TEXT,
    "touches": WHOLE,
    "customers": WHOLE,
    **dict.fromkeys(_MODELS, NUMBER),
}
_STRUGGLE: Final[Schema] = {
    "signal": TEXT,
    "name": TEXT,
    "where": TEXT,
    "people": WHOLE,
    "events": WHOLE,
    "lift": NUMBER,
    "lift_low": NUMBER,
    "lift_high": NUMBER,
    "at_risk": pa.decimal128(38, 4),
    "currency": TEXT,
    "verdict": TEXT,
}
_STAGE: Final[Schema] = {
    "stage": TEXT,
    "customers": WHOLE,
    "events": WHOLE,
    "next": WHOLE,
    "forward": WHOLE,
    "drop_off": WHOLE,
    "median_seconds": NUMBER,
    "previous_customers": WHOLE,
}
_TOUCHPOINT: Final[Schema] = {
    "stage": TEXT,
    "touchpoint": TEXT,
    "customers": WHOLE,
    "events": WHOLE,
    "previous_customers": WHOLE,
}
_KIND: Final[Schema] = {
    "key": TEXT,
    "name": TEXT,
    "size": WHOLE,
    "share": NUMBER,
    "stability": NUMBER,
    "revenue": pa.decimal128(38, 2),
    "revenue_per_customer": NUMBER,
    "revenue_low": NUMBER,
    "revenue_high": NUMBER,
    "orders_per_customer": NUMBER,
    "apart": TEXT,
}
_APART: Final[Schema] = {
    "feature": TEXT,
    "label": TEXT,
    "unit": TEXT,
    "value": NUMBER,
    "others": NUMBER,
    "effect": NUMBER,
    "q": NUMBER,
}


class Workspace:
    """An open workspace. Use it in a `with` block, or `close` it: as long as it is open no server can start on it."""

    def __init__(self, speak: Speak, close: Callable[[], None]) -> None:
        """`speak` asks the API, `close` gives it back."""
        self._speak = speak
        self._close = close

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the directory back. A second time does nothing."""
        close, self._close = self._close, lambda: None
        close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Any call of the API (docs/api.md): its answer as plain data. Raises ResaError for what is refused."""
        return read(self._speak(method, path, body))

    # -- metrics -------------------------------------------------------------------------------------------------------

    def metrics(self) -> Table:
        """The metrics there are."""
        schema = {**_DEFINED, "unit": TEXT, "direction": TEXT, "description": TEXT}
        return self._listed("/api/metrics", schema)

    def metric(
        self, *keys: str, by: str | None = None, interval: Interval | None = None, **lens: Unpack[Lens]
    ) -> Table:
        """The values of metrics with their 95 % intervals: a row each, or each group (`by`), or each point (`interval`)."""
        body = {"keys": list(keys), "lens": _lens(lens), "by": by, "interval": interval}
        answer = self.ask("POST", "/api/metrics/values", body)
        named: Schema = {"key": TEXT, "name": TEXT, "unit": TEXT}
        if interval is not None:
            points = [{**item, **point} for item in answer["items"] for point in item["series"]]
            return tables.made(points, {**named, "at": MOMENT, "value": NUMBER, "n": WHOLE}, answer)
        if by is not None:
            groups = [{**item, **group, **_before(group)} for item in answer["items"] for group in item["groups"]]
            return tables.made(groups, {**named, "group": TEXT, **_FIGURE, "previous": NUMBER}, answer)
        rows = [{**item, **_before(item)} for item in answer["items"]]
        return tables.made(rows, {**named, **_FIGURE, **_BEFORE}, answer)

    # -- questions -----------------------------------------------------------------------------------------------------

    def trends(
        self,
        *series: Event,
        metrics: Sequence[str] = (),
        by: str | None = None,
        interval: Interval = "day",
        **lens: Unpack[Lens],
    ) -> Table:
        """Events and customers over time, a line for each kind of event (and each metric, by its key)."""
        lines = [{"label": label(one), "match": match(one)} for one in series]
        lines += [{"label": key, "metric": key} for key in metrics]
        body = {"series": lines, "by": by, "interval": interval, "lens": _lens(lens)}
        answer = self.ask("POST", "/api/questions/trends", body)
        told = sorted([*answer["series"], *answer["metrics"]], key=lambda line: line["one"])
        points = [{**line, **point} for line in told for point in line["points"]]
        return tables.made(points, {**_POINT, **(_VALUE if metrics else {})}, answer)

    def funnel(
        self,
        *steps: Event | Sequence[Event] | Mapping[str, Any],
        window: str | int = "7d",
        order: Literal["ordered", "strict", "any"] = "ordered",
        exclude: Sequence[Mapping[str, Any]] = (),
        by: str | None = None,
        **lens: Unpack[Lens],
    ) -> Table:
        """How many customers come from step to step within the window; a list as a step: any of these events.

        `exclude` as in the API: `[{"any": [resa.event("Refund")], "after": 0, "before": 1}]`.
        """
        body = {
            "steps": [step(one) for one in steps],
            "window_seconds": seconds(window),
            "order": order,
            "exclude": list(exclude),
            "by": by,
            "lens": _lens(lens),
        }
        answer = self.ask("POST", "/api/questions/funnel", body)
        parts: list[tuple[str | None, list[Any]]] = [(None, answer["steps"])]
        if by is not None:
            parts = [(group["group"], group["steps"]) for group in answer["groups"]]
        rows = [
            {**one, "step": place, "group": group, **_compared(one)}
            for group, steps_ in parts
            for place, one in enumerate(steps_, 1)
        ]
        return tables.made(rows, _STEP, answer)

    def paths(
        self,
        anchor: Event | None = None,
        *,
        direction: Literal["from", "to", "between"] = "from",
        to: Event | None = None,
        steps: int = 5,
        show: Literal["links", "nodes", "top"] = "links",
        most: int = 12,
        fold: bool = True,
        **lens: Unpack[Lens],
    ) -> Table:
        """What customers do from an event on, up to it, or between two; `show` the links, the nodes or the top paths."""
        body = {
            "anchor": None if anchor is None else {"match": match(anchor)},
            "direction": direction,
            "to": None if to is None else {"match": match(to)},
            "steps": steps,
            "fold": fold,
            "most": most,
            "lens": _lens(lens),
        }
        answer = self.ask("POST", "/api/questions/paths", body)
        return tables.made(answer[show], _PATHS[show], answer)

    def retention(
        self,
        start_with: Event | Sequence[Event],
        come_back: Event | Sequence[Event] = (),
        *,
        interval: Interval = "week",
        kind: Literal["retention", "stickiness"] = "retention",
        by: str | None = None,
        **lens: Unpack[Lens],
    ) -> Table:
        """Of those who began in an interval, how many came back so many intervals later: a row for each of both."""
        body = {
            "start": {"any": any_of(start_with)},
            "back": {"any": any_of(come_back)},
            "interval": interval,
            "kind": kind,
            "by": by,
            "lens": _lens(lens),
        }
        answer = self.ask("POST", "/api/questions/retention", body)
        rows = [
            {
                "cohort": cohort["at"],
                "group": cohort.get("group"),
                "size": cohort["size"],
                "interval": place,
                "returned": returned,
                **{name: cohort[name][place] for name in ("share", "low", "high")},
            }
            for cohort in answer["cohorts"]
            for place, returned in enumerate(cohort["returned"])
            if returned is not None
        ]
        return tables.made(rows, _RETURN, answer)

    def search(self, **lens: Unpack[Lens]) -> Table:
        """What customers search for on site: how often, how often in vain, and as the last thing they did."""
        answer = self.ask("GET", f"/api/questions/search?{_query(lens)}")
        return tables.made(answer["terms"], _TERM, answer)

    def attribution(
        self,
        conversion: Event | Sequence[Event],
        *,
        touch: str = "channel",
        window_days: float = 30,
        **lens: Unpack[Lens],
    ) -> Table:
        """Conversions divided among the touches before them, by each model (docs/attribution.md: none is a causal effect)."""
        body = {
            "conversion": {"any": any_of(conversion)},
            "touch": touch,
            "window_days": window_days,
            "lens": _lens(lens),
        }
        answer = self.ask("POST", "/api/attribution", body)
        return tables.made(answer["items"], _TOUCH, answer)

    # -- customers -----------------------------------------------------------------------------------------------------

    def audiences(self) -> Table:
        """The audiences there are, and how many are in each."""
        return self._listed("/api/audiences", {**_DEFINED, "description": TEXT, "members": WHOLE})

    def members(self, population: str) -> Table:
        """Everybody of an audience or persona: `audience:big-spenders`, `persona:regulars`."""
        kind, _, key = population.partition(":")
        path = f"/api/{kind}s/{quote(key, safe='')}/members"
        return tables.made(list(self._pages(path)), {**_PEOPLE, "since": MOMENT} if kind == "audience" else _PEOPLE)

    # -- journeys ------------------------------------------------------------------------------------------------------

    def journeys(self) -> Table:
        """The journey maps there are."""
        return self._listed("/api/journeys", {**_DEFINED, "persona": TEXT, "stages": WHOLE})

    def journey(
        self, key: str = "customer-journey", *, show: Literal["stages", "touchpoints"] = "stages", **lens: Unpack[Lens]
    ) -> Table:
        """The living numbers of a map: a row for each stage, or for each touchpoint."""
        answer = self.ask("GET", f"/api/journeys/{quote(key, safe='')}/numbers?{_query(lens)}")
        stages = [{**stage, "stage": stage["key"], **_customers_before(stage)} for stage in answer["stages"]]
        if show == "stages":
            return tables.made(stages, _STAGE, answer)
        rows = [
            {**touchpoint, "stage": stage["stage"], "touchpoint": touchpoint["key"], **_customers_before(touchpoint)}
            for stage in stages
            for touchpoint in stage["touchpoints"]
        ]
        return tables.made(rows, _TOUCHPOINT, answer)

    def friction(self, **lens: Unpack[Lens]) -> Table:
        """Where customers struggle: people hit, and what is at risk, the most first. The evidence is in `answer`."""
        answer = self.ask("GET", f"/api/friction?{_query(lens)}")
        return tables.made([_struggle(item) for item in answer["items"]], _STRUGGLE, answer)

    # -- personas ------------------------------------------------------------------------------------------------------

    def personas(self) -> Table:
        """The personas there are, drawn and found, and how many customers each has."""
        return self._listed("/api/personas", {**_DEFINED, "kind": TEXT, "members": WHOLE, "share": NUMBER})

    def persona(
        self, key: str, *, show: Literal["differences", "assumptions"] = "differences", **lens: Unpack[Lens]
    ) -> Table:
        """A persona held against the data: what sets those who fit apart, or which of its assumptions hold."""
        answer = self.ask("GET", f"/api/personas/{quote(key, safe='')}/check?{_query(lens)}")
        if show == "differences":
            return tables.made([{**one, "feature": one["column"]} for one in answer["differences"]], _APART, answer)
        rows = [{**one, **(one["members"] or {})} for one in answer["assumptions"]]
        schema = {
            "about": TEXT,
            "assumed": TEXT,
            "verdict": TEXT,
            "share": NUMBER,
            "low": NUMBER,
            "high": NUMBER,
            "n": WHOLE,
        }
        return tables.made(rows, schema, answer)

    def find_personas(
        self,
        *,
        most: int = 8,
        seed: int = 0,
        adopt: bool = False,
        progress: Callable[[str, float], None] | None = None,
        **lens: Unpack[Lens],
    ) -> Table:
        """Search the data for kinds of customers, and wait for it. No rows: there are no stable ones.

        `progress` is told the step and how far it is (0 to 1). `adopt`: let what was found hold from now on. Broken off
        (Ctrl-C), the search is cancelled.
        """
        body = {"lens": _lens(lens), "most": most, "seed": seed}
        job = self.ask("POST", "/api/personas/find", body)
        try:
            while job["state"] in ("waiting", "running"):
                time.sleep(0.1)
                job = self.ask("GET", f"/api/personas/jobs/{job['id']}")
                if progress is not None:
                    progress(job["step"], job["progress"])
        except BaseException:
            self.ask("DELETE", f"/api/personas/jobs/{job['id']}")
            raise
        if job["result"] is None:
            raise ResaError(job["error"] or f"The search was {job['state']}.")
        kinds = job["result"]["kinds"]
        if adopt and kinds:
            self.ask("POST", "/api/personas/adopt", {"job": job["id"]})
        return tables.made([_kind(one) for one in kinds], _KIND, job)

    # -- SQL -----------------------------------------------------------------------------------------------------------

    def sql(self, statement: str) -> Table:
        """One SELECT over the views `events`, `profiles` and `journeys` (docs/sql.md), with the engine's types."""
        response = self._speak("POST", "/api/sql", {"sql": statement})
        read(response)
        answer = json.loads(response.content, parse_float=Decimal)
        if answer["truncated"]:
            rows = len(answer["rows"])
            warnings.warn(f"Only the first {rows:,} rows are here: group or limit in SQL.", stacklevel=2)
        return tables.asked_in_sql(answer)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _listed(self, path: str, schema: Schema) -> Table:
        answer = self.ask("GET", path)
        return tables.made(answer["items"], schema, answer)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self.ask("GET", path + "?" + urlencode({"limit": 200} | ({"cursor": cursor} if cursor else {})))
            yield from page["items"]
            if (cursor := page["next"]) is None:
                return


def _lens(lens: Lens) -> dict[str, Any]:
    """The lens as a POST's body says it."""
    names = {"start": "from", "end": "to"}
    return {names.get(name, name): _said(value) for name, value in lens.items() if value is not None}


def _query(lens: Lens) -> str:
    """The lens as a GET's query says it."""
    said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in _lens(lens).items()}
    return urlencode(said)


def _said(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _before(item: Mapping[str, Any]) -> dict[str, Any]:
    """The value compared with, and the change relative to it."""
    previous, change = item.get("previous") or {}, item.get("change") or {}
    return {
        "previous": previous.get("value"),
        "change": change.get("ratio"),
        "change_low": change.get("low"),
        "change_high": change.get("high"),
    }


def _compared(one: Mapping[str, Any]) -> dict[str, Any]:
    """A step against the same in the period compared with, or a group's against all others."""
    difference = one.get("difference") or {}
    return {
        "previous_customers": (one.get("previous") or {}).get("customers"),
        "difference": difference.get("ratio"),
        "difference_low": difference.get("low"),
        "difference_high": difference.get("high"),
    }


def _customers_before(figure: Mapping[str, Any]) -> dict[str, Any]:
    return {"previous_customers": (figure["previous"] or {}).get("customers")}


def _kind(kind: Mapping[str, Any]) -> dict[str, Any]:
    worth = kind["worth"]
    apart = [f"{'more' if one['effect'] > 0 else 'less'} {one['label']}" for one in kind["differences"][:3]]
    return {
        **kind,
        "revenue": Decimal(worth["revenue"]),
        "revenue_per_customer": worth["per_customer"]["mean"],
        "revenue_low": worth["per_customer"]["low"],
        "revenue_high": worth["per_customer"]["high"],
        "orders_per_customer": worth["orders"]["mean"],
        "apart": "; ".join(apart),
    }


def _struggle(item: Mapping[str, Any]) -> dict[str, Any]:
    lift, risk, where = item["lift"] or {}, item["value_at_risk"] or {}, item["where"] or {}
    return {
        **item,
        "where": where.get("text"),
        "lift": lift.get("value"),
        "lift_low": lift.get("low"),
        "lift_high": lift.get("high"),
        "at_risk": Decimal(risk["amount"]) if risk else None,
        "currency": risk.get("currency"),
    }
