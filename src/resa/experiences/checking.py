"""What types can't say of placements, content, offers and experiences: each refusal names field, value, rule and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from resa.experiences import blocks
from resa.experiences.definition import Content, Experience, Offer, Page, Placement, Schedule
from resa.experiments import members
from resa.experiments.checking import condition
from resa.experiments.engine import urls
from resa.kernel import expressions
from resa.kernel.audiences.rules import check_period
from resa.kernel.definitions import Definitions, Kind, key_rule, printable
from resa.kernel.errors import NotFound, Refused
from resa.kernel.matching import check_channel

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DEVICES: Final = ("desktop", "mobile", "tablet", "tv", "bot")
_REFERRERS: Final = ("direct", "search", "social", "ad", "email", "referral", "internal", "other")


def placement(body: Placement) -> None:
    """Refuse a placement that is none."""
    printable(body)
    check_channel("channel", body.channel)
    if body.default is not None:
        key_rule("default", body.default)


def content(body: Content) -> None:
    """Refuse content without a version, with a language twice, or with a body that is none of its type."""
    printable(body)
    if not body.versions:
        raise Refused("versions", 0, "content has at least one version.", "Add one with a language and a body.")
    seen: set[str] = set()
    for number, version in enumerate(body.versions):
        at = f"versions[{number}]"
        if LANGUAGE.fullmatch(version.language) is None:
            rule = "this is no language."
            raise Refused(f"{at}.language", version.language, rule, "Use a code such as sv, en or pt-BR.")
        if version.language.lower() in seen:
            raise Refused(f"{at}.language", version.language, "this language stands here twice.", "Keep one of them.")
        seen.add(version.language.lower())
        blocks.check(body.type, f"{at}.body", version.body)
    schedule("schedule", body.schedule)
    if body.offer is not None:
        key_rule("offer", body.offer)


def offer(body: Offer) -> None:
    """Refuse an offer whose code is missing or superfluous, or whose cost is in no currency."""
    printable(body)
    if body.codes == "shared" and body.code is None:
        raise Refused("code", None, "a shared code is needed.", 'Add it, or set codes to "none".')
    if body.codes != "shared" and body.code is not None:
        raise Refused("code", body.code, "only a shared code stands here.", 'Set codes to "shared".')
    if body.cost is not None and _CURRENCY.fullmatch(body.cost.currency) is None:
        raise Refused("cost.currency", body.cost.currency, "is not an ISO 4217 code.", "Use one such as EUR.")
    if body.audience is not None:
        key_rule("audience", body.audience)
    schedule("valid", body.valid)


def experience(body: Experience) -> None:
    """Refuse an experience that shows nothing to anybody, or can't be split as it says."""
    printable(body)
    key_rule("placement", body.placement)
    for field in ("audience", "persona", "experiment", "goal", "map", "stage", "touchpoint"):
        if (key := getattr(body, field)) is not None:
            key_rule(field, key)
    _variations(body)
    schedule("schedule", body.schedule)
    if body.frequency is not None:
        check_period("frequency.per", body.frequency.per)
    _context(body)


def _variations(body: Experience) -> None:
    if not body.variations:
        raise Refused("variations", 0, "an experience has at least one variation.", "Add one with its content.")
    keys = set()
    for number, variation in enumerate(body.variations):
        at = f"variations[{number}]"
        key_rule(f"{at}.key", variation.key)
        if variation.key in keys:
            raise Refused(f"{at}.key", variation.key, "this variation stands here twice.", "Give it another key.")
        keys.add(variation.key)
        if variation.content is not None:
            key_rule(f"{at}.content", variation.content)
    if not any(variation.content for variation in body.variations):
        raise Refused("variations", len(keys), "no variation has content.", "Give at least one of them content.")
    if body.experiment is None and not sum(variation.weight for variation in body.variations) > 0:
        raise Refused("variations", 0, "the weights add up to nothing.", "Give at least one a weight above 0.")


def _context(body: Experience) -> None:
    for number, page in enumerate(body.context.pages):
        if page.type == "regex":
            expressions.check(f"context.pages[{number}].pattern", page.pattern)
    for number, language in enumerate(body.context.locales):
        if LANGUAGE.fullmatch(language) is None:
            raise Refused(
                f"context.locales[{number}]", language, "this is no language.", "Use one such as sv or sv-SE."
            )
    _known("context.devices", body.context.devices, _DEVICES)
    condition("context.condition", body.context.condition)


def _known(at: str, values: Iterable[str], known: tuple[str, ...]) -> None:
    for number, value in enumerate(values):
        if value not in known:
            raise Refused(f"{at}[{number}]", value, "there is no such value.", f"Use {', '.join(known)}.")


def schedule(at: str, body: Schedule | None) -> None:
    """Refuse times that are none, and an end before its start."""
    if body is None:
        return
    start, end = moment(f"{at}.start", body.start), moment(f"{at}.end", body.end)
    if start is not None and end is not None and start >= end:
        raise Refused(f"{at}.end", body.end, "it ends before it begins.", "Swap the two.")


def moment(at: str, text: str | None) -> int | None:
    """A time in ms UTC; None where none is said. Raises Refused."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(at, text, "this is no time with an offset.", "Write one such as 2026-12-01T08:00:00+01:00.")
    return round(found.timestamp() * 1000)


# -- together ------------------------------------------------------------------------------------------------------


def references(known: Definitions, body: Experience) -> None:
    """Refuse an experience that names what is not there, or whose content its placement does not hold."""
    spot = found(known, "placement", "placement", body.placement)
    for number, variation in enumerate(body.variations):
        if variation.content is not None:
            at = f"variations[{number}].content"
            shown: Content = found(known, "content", at, variation.content)
            _held(at, variation.content, shown, body.placement, spot)
    if body.audience is not None:
        found(known, "audience", "audience", body.audience)
    for each in members.named(body.context.condition, "context.condition"):
        found(known, "audience", each.path, each.key)
    if body.persona is not None:
        found(known, "persona", "persona", body.persona)
    if body.experiment is not None:
        _split(body, found(known, "experiment", "experiment", body.experiment))


def _split(body: Experience, experiment: Any) -> None:
    """Each variation of the experiment needs its counterpart here."""
    keys = {variation.key for variation in body.variations}
    for arm in experiment.arms:
        if arm.key not in keys:
            rule = f"the experiment's variation {arm.key} is missing here."
            raise Refused("variations", ", ".join(sorted(keys)), rule, "Add it; without content it changes nothing.")


def default_of(known: Definitions, body: Placement) -> None:
    """Refuse a default that is not there, or is nothing the placement holds."""
    if body.default is not None and body.types:
        shown: Content = found(known, "content", "default", body.default)
        if shown.type not in body.types:
            rule = f"the placement holds {', '.join(body.types)}, and this is {shown.type}."
            raise Refused("default", body.default, rule, "Choose other content, or let the placement hold it.")
    elif body.default is not None:
        found(known, "content", "default", body.default)


def _held(at: str, key: str, shown: Content, where: str, spot: Placement) -> None:
    if spot.types and shown.type not in spot.types:
        rule = f"the placement {where} holds {', '.join(spot.types)}, and this is {shown.type}."
        raise Refused(at, key, rule, "Choose other content, or let the placement hold it.")


def found(known: Definitions, kind: str, at: str, key: str) -> Any:
    """The body of a definition that another names. Raises Refused."""
    try:
        return known.get(kind, key).body
    except NotFound:
        raise Refused(
            at, key, f"there is no such {kind}.", "Make it first, or choose another.", code="unknown"
        ) from None


def _experiences(known: Definitions, after: Mapping[str, Experience]) -> None:
    """Refuse live redirects that lead in a circle."""
    leads = {key: list(_redirects(known, body)) for key, body in after.items() if body.status == "live"}
    for key, targets in leads.items():
        for target in targets:
            _follow(key, target, leads, after, [key])


def _redirects(known: Definitions, body: Experience) -> Iterable[str]:
    shown = {item.key: item.body for item in known.all("content")}
    for variation in body.variations:
        content_ = shown.get(variation.content or "")
        if content_ is not None and content_.type == "redirect":
            yield from (str(version.body.get("url", "")) for version in content_.versions)


def _follow(
    first: str, target: str, leads: Mapping[str, list[str]], after: Mapping[str, Experience], path: list[str]
) -> None:
    for key, targets in leads.items():
        if not targets or not _on(target, after[key].context.pages):
            continue
        if key in path:
            rule = f"its redirect leads in a circle: {' -> '.join([*path, key])}."
            raise Refused(
                "context.pages",
                first,
                rule,
                "Say on which pages it starts, other than where it leads.",
                code="circular",
            )
        if len(path) < len(leads):
            for further in targets:
                _follow(first, further, leads, after, [*path, key])


def _on(path: str, pages: list[Page]) -> bool:
    """Whether an experience for these pages would meet a path of its site."""
    hosted = [{"pattern": _path(page.pattern), "type": page.type, "include": page.include} for page in pages]
    return urls.targeted(f"https://site.invalid{path}", hosted)


def _path(pattern: str) -> str:
    return re.sub(r"^[a-z*]+://[^/]*", "", pattern) or "/"


def _contents(known: Definitions, after: Mapping[str, Content]) -> None:
    """Refuse to take away what a live experience or a placement shows."""
    for item in known.all("experience"):
        for variation in item.body.variations:
            if item.body.status == "live" and variation.content is not None and variation.content not in after:
                _in_use(variation.content, f"the live experience {item.key}")
    for item in known.all("placement"):
        if item.body.default is not None and item.body.default not in after:
            _in_use(item.body.default, f"the placement {item.key}")


def _placements(known: Definitions, after: Mapping[str, Placement]) -> None:
    for item in known.all("experience"):
        if item.body.status == "live" and item.body.placement not in after:
            _in_use(item.body.placement, f"the live experience {item.key}")


def _in_use(key: str, whose: str) -> None:
    raise Refused("key", key, f"{whose} needs it.", "Pause that first, or choose something else there.", code="in_use")


def register(known: Definitions) -> None:
    """Make the kinds known."""
    known.register(Kind("placement", Placement, placement, partial(_placements, known)))
    known.register(Kind("content", Content, content, partial(_contents, known)))
    known.register(Kind("offer", Offer, offer))
    known.register(Kind("experience", Experience, experience, partial(_experiences, known)))
