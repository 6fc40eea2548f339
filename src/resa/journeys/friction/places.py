"""Where friction happened: what a hit's numbers stand for, as a key, a text and the parts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import xxhash

from resa.journeys.friction import kernels
from resa.journeys.friction.facts import Facts
from resa.journeys.friction.moments import Array, Moments
from resa.journeys.friction.signals import KEYS
from resa.kernel.events import CHANNELS


class Touch(msgspec.Struct, frozen=True):
    """A touchpoint of a map."""

    journey: str
    stage: str
    touchpoint: str
    name: str


class Where(msgspec.Struct, frozen=True):
    """A place: its `key` for asking after its people, its text, and what it is made of."""

    key: str
    text: str
    page: str | None = None
    item: str | None = None
    event: str | None = None
    channels: list[str] = []
    touchpoint: Touch | None = None


_BY_PAGE: Final = {kernels.POGO, kernels.SLOW_PAGE}
_BY_PAGE_AND_ITEM: Final = {kernels.RAGE_CLICK, kernels.DEAD_CLICK, kernels.REPEATED_ERROR}
_BY_ITEM: Final = {kernels.CART, kernels.EMPTY_SEARCH}


def columns(hits: Moments, facts: Facts) -> Array:
    """For each hit the four numbers that say where it was: signal, page, item and a further one. Texts that read alike are one."""
    pages, items = facts.pages.groups(), facts.items.groups()
    signal = hits.signal.astype(np.int64)
    page, item = pages[hits.page].astype(np.int64), items[hits.item].astype(np.int64)
    extra = hits.extra.astype(np.int64)
    looped = signal == kernels.LOOP
    other = np.where(looped, pages[np.where(looped, hits.extra, 0)], 0).astype(np.int64)
    page, extra = np.where(looped, np.minimum(page, other), page), np.where(looped, np.maximum(page, other), extra)
    contact, form = signal == kernels.REPEAT_CONTACT, signal == kernels.FORM
    extra = np.where(contact & (item > 0), 0, extra)  # a contact without a topic is known by its event
    page = np.where(form & (item > 0), 0, page)  # a form without a name by its page
    return np.stack((signal, page, item, extra), axis=1)


def texts(place: Sequence[int], facts: Facts) -> tuple[str | None, str | None]:
    """The page (of a loop: both) and the item of a place, None where it has none."""
    signal, page, item, extra = place
    where = facts.pages.shown[page] or None
    if signal == kernels.LOOP:
        where = f"{where or '?'} ↔ {facts.pages.shown[extra] or '?'}"
    return where, facts.items.shown[item] or None


def key(place: Sequence[int], facts: Facts) -> str:
    """A short name of a place, the same after a restart: made of its texts."""
    signal, _, _, extra = place
    page, item = texts(place, facts)
    told = "" if signal == kernels.LOOP else str(extra)
    return f"{xxhash.xxh64_intdigest('|'.join((KEYS[signal], page or '', item or '', told)).encode()):016x}"


def described(place: Sequence[int], facts: Facts, event: Mapping[str, Any] | None, touch: Touch | None) -> Where:
    """A place in words. `event` is one that shows it: where only its code is known its name is there."""
    signal, _, _, extra = place
    page, item = texts(place, facts)
    name = (event["name"] or event["type"]) if event else None
    channels: list[str] = []
    if signal == kernels.HANDOVER_REPEAT:
        channels = [CHANNELS[extra >> 4 & 15], CHANNELS[extra & 15]]
        text = f"{name or '?'}: {channels[0]} → {channels[1]}"
    elif signal == kernels.HANDOVER_LOST:
        channels = [CHANNELS[extra & 15]]
        text = f"{name or '?'} ({channels[0]})"
    elif signal == kernels.REPEAT_CONTACT:
        text = item or name or "?"
    else:
        text = " · ".join(part for part in (page, item) if part) or "unknown"
    return Where(key(place, facts), text, page, item, name, channels, touch)
