"""What docs/friction.md says, in slow and obvious Python: every moment of one customer's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from resa.journeys.friction.definition import Friction
from resa.kernel.events import Draft
from resa.kernel.lens import Lens
from resa.kernel.matching import Match, python

DAY = 86_400_000


@dataclass(frozen=True)
class Event:
    """One event of a customer and the parts it plays."""

    time: int
    row: int
    draft: Draft
    parts: frozenset[str]
    page: str
    item: str


@dataclass(frozen=True)
class Moment:
    """As `Moments` has it, with texts for numbers."""

    signal: str
    hit: bool
    profile: int
    time: int
    row: int
    page: str
    item: str
    converted: bool
    returned: bool
    clean: bool
    activity: int
    before: int
    depth: int
    close: int
    tenure: int
    channel: str
    device: int
    trouble: bool


@dataclass
class Candidate:
    """A moment before what came before and after is known."""

    signal: str
    hit: bool
    start: int
    at: int
    since: int
    at_once: bool
    page: str = ""
    item: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def parts(friction: Friction, draft: Draft) -> tuple[frozenset[str], str, str]:
    """The parts a draft plays, its page and its item."""
    event = {name: getattr(draft, name) for name in draft.__struct_fields__}
    properties = python.properties(event)

    def met(matches: list[Match]) -> bool:
        return any(python.meets(match, event, properties) for match in matches)

    def number(name: str) -> float | None:
        return python.number_of(name, event, properties)

    f = friction
    asked = {
        "page": f.loops.pages,
        "click": f.clicks.any,
        "rage": f.clicks.rage,
        "dead": f.clicks.dead,
        "watched": f.clicks.watched,
        "form_start": f.forms.started,
        "form_end": f.forms.submitted,
        "cart_add": f.carts.added,
        "cart_end": f.carts.ordered,
        "error": f.errors.any,
        "contact": f.contacts.any,
        "conversion": f.outcome.any,
        "intent": f.intent,
        "step": f.handovers.steps,
        "handed": f.handovers.handed,
    }
    found = {name for name, matches in asked.items() if met(matches)}
    if met(f.searches.any) or met(f.searches.empty):
        found.add("search")
    counts = [number(name) for name in f.searches.results]
    if met(f.searches.empty) or (met(f.searches.any) and next((n for n in counts if n is not None), -1) == 0):
        found.add("empty")
    for measure in f.slow.measures:
        value = number(measure.property)
        if met([measure.match]) and value is not None:
            found.add("measured")
            if value > measure.above:
                found.add("slow")
    names: list[str] = []
    for part, listed in (
        (("form_start", "form_end"), f.forms.form),
        (("click", "rage", "dead"), f.clicks.element),
        (("search",), f.searches.term),
        (("error",), f.errors.message),
        (("cart_add",), f.carts.product),
        (("contact",), f.contacts.topic),
    ):
        if found & set(part):
            names = listed
            break
    said = [python.text_of(name, event, properties) for name in names]
    item = next((text for text in said if text is not None), "") or ""
    if not found and met(f.passive):
        found = {"passive"}
    return frozenset(found), (draft.page_path or "") if found - {"passive"} else "", item


def moments(profile: int, events: list[Event], friction: Friction, lens: Lens, known_until: int) -> list[Moment]:
    """All moments of one customer; `events` in order."""
    e = [event for event in events if "passive" not in event.parts and (lens.simulated or not event.draft.simulated)]
    if not e:
        return []
    gap = friction.session_minutes * 60_000
    session = [0] * len(e)
    for k in range(1, len(e)):
        session[k] = k if e[k].time - e[k - 1].time > gap else session[k - 1]

    def context(k: int) -> str:
        return next((e[j].page for j in range(k, session[k] - 1, -1) if e[j].page), "")

    found = [
        *_clicks(e, friction, context),
        *_forms(e, friction, context),
        *_carts(e, friction),
        *_pages(e, friction, session, context),
        *_errors(e, friction, session, context),
        *_support(e, friction),
    ]
    troubled = {
        c.start if c.signal in ("rage-click", "repeated-error") else c.at
        for c in found
        if c.hit and c.signal in ("rage-click", "loop", "pogo-stick", "repeated-error", "slow-page", "empty-search")
    }
    history, follow = round(friction.history_days * DAY), round(friction.outcome.days * DAY)
    out = []
    for n, c in enumerate(found):
        earlier = [o.since for o in found[:n] if o.signal == c.signal and o.hit]
        clean = all(since < e[c.start].time - history for since in earlier)
        channel = e[c.at].draft.channel
        inside = lens.period.start <= c.since < min(lens.period.end, known_until + 1)
        if not inside or (lens.channel and lens.channel != channel) or (not c.hit and not clean):
            continue
        after = [
            j for j in range(c.at + 1, len(e)) if e[j].time <= c.since + follow and (c.at_once or e[j].time > c.since)
        ]
        first = session[c.start]
        recent = [j for j in range(first) if e[j].time >= e[c.start].time - history]
        this = range(first, c.start)
        out.append(
            Moment(
                signal=c.signal,
                hit=c.hit,
                profile=profile,
                time=c.since,
                row=e[c.at].row,
                page=c.page,
                item=c.item,
                converted=any("conversion" in e[j].parts for j in after),
                returned=any(session[j] == j for j in after),
                clean=clean,
                activity=len(recent),
                before=sum("conversion" in e[j].parts for j in recent),
                depth=len(this),
                close=2
                if any("conversion" in e[j].parts for j in this)
                else int(any("intent" in e[j].parts for j in this)),
                tenure=e[c.start].time - e[0].time,
                channel=e[c.start].draft.channel,
                device={"desktop": 1, "mobile": 2, "tablet": 3}.get(e[c.start].draft.device or "", 0),
                trouble=any(j in troubled for j in this),
            )
        )
    return out


def _clicks(e: list[Event], friction: Friction, context: Any) -> list[Candidate]:
    """A burst is one moment from its first click; it goes on while clicks come as close as its seconds."""
    within, dead = friction.clicks.seconds * 1000, friction.clicks.dead_seconds * 1000
    out, raged = [], None
    for k, event in enumerate(e):
        reported = "rage" in event.parts
        if reported or ("click" in event.parts and event.item):
            if raged is not None and event.time - raged <= within:
                raged = event.time
            else:
                near = [j for j in range(k, len(e)) if e[j].time - event.time <= within]
                same = [j for j in near if "click" in e[j].parts and (e[j].item, e[j].page) == (event.item, event.page)]
                shown = [j for j in near if "rage" in e[j].parts]
                if len(same) >= friction.clicks.times:
                    shown.append(same[friction.clicks.times - 1])
                if shown:
                    raged = event.time
                out.append(
                    Candidate(
                        *("rage-click", bool(shown), k, k if reported or not shown else min(shown)),
                        *(round(event.time + within), False, context(k), event.item),
                    )
                )
        if event.parts & {"click", "dead"}:
            answers = [j for j in range(k + 1, len(e)) if e[j].time - event.time <= dead]
            followed = any(not e[j].parts & {"click", "rage", "dead"} for j in answers)
            answered = "dead" not in event.parts and ("watched" in event.parts or followed)
            out.append(
                Candidate("dead-click", not answered, k, k, round(event.time + dead), False, context(k), event.item)
            )
    return out


def _forms(e: list[Event], friction: Friction, context: Any) -> list[Candidate]:
    """An attempt at a form lasts until it is sent or its minutes are over; beginning it again meanwhile is the same attempt."""
    within, out, until = friction.forms.minutes * 60_000, [], dict[str, tuple[int, int]]()
    for k, event in enumerate(e):
        if "form_start" not in event.parts:
            continue
        since = round(event.time + within)
        begun, over = until.get(event.item, (-1, -1))
        if begun >= 0 and event.time <= e[begun].time + within and k < over:
            continue
        sent = next(
            (
                j
                for j in range(k + 1, len(e))
                if "form_end" in e[j].parts
                and e[j].time <= since
                and (e[j].item == event.item or not e[j].item or not event.item)
            ),
            None,
        )
        until[event.item] = (k, len(e) if sent is None else sent)
        out.append(Candidate("form-abandoned", sent is None, k, k, since, False, context(k), event.item))
    return out


def _carts(e: list[Event], friction: Friction) -> list[Candidate]:
    """A cart is filled from its first product until an order or the end of its hours."""
    within, out, k = round(friction.carts.hours * 3_600_000), [], 0
    while k < len(e):
        if "cart_add" in e[k].parts:
            since = e[k].time + within
            later = [j for j in range(k + 1, len(e)) if e[j].time <= since]
            ordered = next((j for j in later if "cart_end" in e[j].parts), None)
            out.append(Candidate("cart-abandoned", ordered is None, k, k, since, False, "", e[k].item))
            k = ordered if ordered is not None else (later[-1] + 1 if later else k + 1)
            if ordered is not None and "cart_add" not in e[k].parts:
                k += 1
        else:
            k += 1
    return out


def _pages(e: list[Event], friction: Friction, session: list[int], context: Any) -> list[Candidate]:
    """Pages of each session without repetitions; a pattern that was found begins anew after its last page."""
    out = []
    for k, event in enumerate(e):
        if "measured" in event.parts:
            out.append(Candidate("slow-page", "slow" in event.parts, k, k, event.time, True, context(k)))
    for first in sorted(set(session)):
        walk: list[int] = []
        for k in range(first, len(e)):
            shown = session[k] == first and "page" in e[k].parts and e[k].page
            if shown and (not walk or e[walk[-1]].page != e[k].page):
                walk.append(k)
        loops = pogo = 0
        for n, k in enumerate(walk):
            if n - loops >= 3:
                a, b, c, d = (e[walk[m]].page for m in range(n - 3, n + 1))
                hit = (a, b) == (c, d)
                pages = " ↔ ".join(sorted((c, d)))
                out.append(Candidate("loop", hit, walk[n - 3], k, e[k].time, True, pages))
                loops = n + 1 if hit else loops
            if n - pogo >= 4:
                five = walk[n - 4 : n + 1]
                a, b, c, d, f = (e[j].page for j in five)
                short = [e[five[2]].time - e[five[1]].time, e[five[4]].time - e[five[3]].time]
                hit = a == c == f and b != d and max(short) <= friction.loops.seconds * 1000
                out.append(Candidate("pogo-stick", hit, five[0], k, e[k].time, True, f))
                pogo = n + 1 if hit else pogo
    return out


def _errors(e: list[Event], friction: Friction, session: list[int], context: Any) -> list[Candidate]:
    """So many errors in a session in so short a time; counted anew after each time."""
    within, times, out = round(friction.errors.minutes * 60_000), friction.errors.times, []
    hits: list[tuple[int, int]] = []
    for first in sorted(set(session)):
        met = [k for k in range(len(e)) if session[k] == first and "error" in e[k].parts]
        n = times - 1
        while n < len(met):
            if e[met[n]].time - e[met[n - times + 1]].time <= within:
                hits.append((met[n - times + 1], met[n]))
                n += times
            else:
                n += 1
    for start, at in hits:
        out.append(Candidate("repeated-error", True, start, at, e[start].time + within, False, context(at), e[at].item))
    for k, event in enumerate(e):
        coming = [at for _, at in hits if at >= k and session[at] == session[k] and e[at].time <= event.time + within]
        if not event.parts & {"error", "conversion"} and not coming:
            out.append(Candidate("repeated-error", False, k, k, event.time + within, False, context(k)))
    return sorted(out, key=lambda c: c.at)


def _support(e: list[Event], friction: Friction) -> list[Candidate]:
    """Searches, contacts, hand-overs."""
    out: list[Candidate] = []
    apart, again = friction.contacts.apart_minutes * 60_000, friction.contacts.days * DAY
    lost, hours = round(friction.handovers.lost_hours * 3_600_000), friction.handovers.hours * 3_600_000
    for k, event in enumerate(e):
        if "search" in event.parts:
            out.append(Candidate("empty-search", "empty" in event.parts, k, k, event.time, True, "", event.item))
        earlier = [j for j in range(k) if "contact" in e[j].parts]
        if "contact" in event.parts and (not earlier or event.time - e[earlier[-1]].time >= apart):
            hit = bool(earlier) and event.time - e[earlier[-1]].time <= again
            out.append(Candidate("repeat-contact", hit, k, k, event.time, True, "", event.item))
        if "step" in event.parts:
            begin = max((j for j in range(k + 1) if "conversion" in e[j].parts), default=0)
            name = (event.draft.type, event.draft.name)
            same = [j for j in range(begin, k) if "step" in e[j].parts and (e[j].draft.type, e[j].draft.name) == name]
            hit = (
                bool(same)
                and e[same[-1]].draft.channel != event.draft.channel
                and event.time - e[same[-1]].time <= hours
            )
            out.append(Candidate("handover-repeat", hit, k, k, event.time, True))
        if "handed" in event.parts:
            heard = k + 1 < len(e) and e[k + 1].time <= event.time + lost
            out.append(Candidate("handover-lost", not heard, k, k, event.time + lost, False))
    return out
