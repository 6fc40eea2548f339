# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="assignment"
# (numba types the kernels itself, from the arrays they are called with)
"""The numba kernel that finds friction in journeys: every moment a signal could have come up, and whether it did.

A *moment* has a time from which the customer is followed, what was known of them when it began, and what came after.
Signals that are known at once are followed from the event; what is known by absence (no order, no answer) from the end
of its window, for those it struck and those it spared alike, so that nobody's survival of the window counts for them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.kernel.sequences.compiling import kernel

# Everything below stands here and not in a file of its own, because numba's cache notices a change of this file only.

# The signals, in the order of `signals.SIGNALS`.
RAGE_CLICK, DEAD_CLICK, FORM, CART, LOOP, POGO = range(6)
REPEATED_ERROR, SLOW_PAGE, EMPTY_SEARCH, REPEAT_CONTACT, HANDOVER_REPEAT, HANDOVER_LOST = range(6, 12)
_SIGNALS: Final = 12

# The parts a row may play, as bits; then what else is packed with them.
PAGE, CLICK, RAGE, DEAD, FORM_START, FORM_END, CART_ADD, CART_END, ERROR, MEASURED, SLOW = (1 << n for n in range(11))
SEARCH, EMPTY, CONTACT, CONVERSION, INTENT, STEP, HANDED = (1 << n for n in range(11, 18))
ACTIVE: Final = 1 << 18
SIMULATED: Final = 1 << 19
CHANNEL_SHIFT: Final = 20
DEVICE_SHIFT: Final = 24
WATCHED: Final = 1 << 26

# Settings, all in one array (ms where they are times).
START, END, FOLLOW, GAP, HISTORY, RAGE_TIMES, RAGE_MS, DEAD_MS, FORM_MS, CART_MS, POGO_MS, ERROR_TIMES = range(12)
ERROR_MS, CONTACT_MS, APART_MS, STEP_MS, LOST_MS, ONLY_CHANNEL, NO_SIMULATED = range(12, 19)
SETTINGS: Final = 19

# Columns of a moment.
SIGNAL, HIT, PROFILE, TIME, ROW, PAGE_AT, ITEM_AT, EXTRA, CONTEXT, CONVERTED, RETURNED, CLEAN = range(12)
ACTIVITY, BEFORE, DEPTH, CLOSE, TENURE, CHANNEL, DEVICE, TROUBLE = range(12, 20)
COLUMNS: Final = 20

LOOK: Final = 200  # events that are looked at around a click: programs send thousands in the same millisecond
OPEN: Final = 32  # forms a customer may have begun at the same time
STEPS: Final = 64  # different steps that are remembered of a customer
PER_EVENT: Final = 14  # at most so many moments come of one event


@kernel
def chosen(row, signal, keep):
    """Whether this moment of a customer who was spared is among the share `keep` (of 2^32): by its row, so always the same."""
    x = np.uint64(row) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(signal) * np.uint64(0xD1B54A32D192ED03)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return np.int64(x >> np.uint64(32)) < keep


# What a batch of journeys looks like to the kernels: arrays by event, the journeys one behind the other.
#
# time, row, code, fact, page, item: the event; journey: whose it is (from 0); session: the first event of its session;
# context: the page it happened on; history: the first event of the customer that isn't too old to count;
# conversions, intents: how many there are before it, since the beginning of the batch; conversion_after, return_after: the
# next event of the customer that converts, or begins another session (the end of the journey: none).

# Columns of a candidate: a moment before it is looked at more closely.
_SIGNAL, _HIT, _START, _AT, _SINCE, _LATER, _PAGE, _ITEM, _EXTRA = range(9)
CANDIDATE: Final = 9
NEVER: Final = -(2**62)


@kernel
def prepare(
    count, starts, all_time, all_code, all_row, facts, pages, items, settings,
    time, row, code, fact, page, item, journey, begins, session, context, history, conversions, intents,
    conversion_after, return_after,
):  # fmt: skip
    """Fill the arrays of a batch with the events that count; answers how many. `begins`: where each journey begins."""
    size = 0
    for number in range(count):
        begins[number] = size
        for j in range(starts[number], starts[number + 1]):
            at = all_row[j]
            fact_of = np.int64(facts[at]) if at < facts.size else np.int64(0)
            if fact_of & ACTIVE and not (settings[NO_SIMULATED] and fact_of & SIMULATED):
                time[size], row[size], code[size], journey[size] = all_time[j], at, all_code[j], number
                fact[size], page[size], item[size] = fact_of, pages[at], items[at]
                size += 1
    begins[count] = size
    conversions[0], intents[0], recent = 0, 0, 0
    for k in range(size):
        first = k == 0 or journey[k] != journey[k - 1]
        fresh = first or time[k] - time[k - 1] > settings[GAP]
        session[k] = k if fresh else session[k - 1]
        context[k] = page[k] if page[k] else (0 if fresh else context[k - 1])
        recent = k if first else recent
        while time[recent] < time[k] - settings[HISTORY]:
            recent += 1
        history[k] = recent
        conversions[k + 1] = conversions[k] + (1 if fact[k] & CONVERSION else 0)
        intents[k + 1] = intents[k] + (1 if fact[k] & INTENT else 0)
    for k in range(size - 1, -1, -1):
        end = begins[journey[k] + 1]
        conversion_after[k], return_after[k] = end, end
        if k + 1 < end:
            conversion_after[k] = k + 1 if fact[k + 1] & CONVERSION else conversion_after[k + 1]
            return_after[k] = k + 1 if session[k + 1] == k + 1 else return_after[k + 1]
    return size


@kernel
def at_once(signal):
    """Whether a signal is known within the session, so that what comes after in it may be due to it."""
    return signal in (RAGE_CLICK, LOOP, POGO, REPEATED_ERROR, SLOW_PAGE, EMPTY_SEARCH)


@kernel
def write(
    out, profiles, found, count, size, begins, time, row, fact, journey, session, context, history, conversions, intents,
    conversion_after, return_after, keep, settings,
):  # fmt: skip
    """Write those of the noted moments that are asked for, with what was known before and what came after; how many."""
    trouble = np.zeros(size + 1, np.int64)  # hits before each event
    for n in range(count):
        if found[n, _HIT] and at_once(found[n, _SIGNAL]):
            burst = (
                found[n, _SIGNAL] == RAGE_CLICK or found[n, _SIGNAL] == REPEATED_ERROR
            )  # trouble from its first event
            trouble[found[n, _START if burst else _AT] + 1] = 1
    for k in range(size):
        trouble[k + 1] += trouble[k]
    written = 0
    owner, struck = np.full(_SIGNALS, -1, np.int64), np.empty(_SIGNALS, np.int64)
    for n in range(count):
        signal, start, at, since = found[n, _SIGNAL], found[n, _START], found[n, _AT], found[n, _SINCE]
        hit, whose = found[n, _HIT] != 0, journey[start]
        if owner[signal] != whose:
            owner[signal], struck[signal] = whose, NEVER
        clean = struck[signal] < time[start] - settings[HISTORY]
        if hit:
            struck[signal] = max(struck[signal], since)
        channel = (fact[at] >> CHANNEL_SHIFT) & 15
        if (
            since < settings[START]
            or since >= settings[END]  # nothing that isn't known yet, either
            or (settings[ONLY_CHANNEL] >= 0 and channel != settings[ONLY_CHANNEL])
            or (not hit and (not clean or not chosen(row[at], signal, keep[signal])))
        ):
            continue
        end = begins[whose + 1]
        converted, back = conversion_after[at], return_after[at]
        if found[n, _LATER]:
            while converted < end and time[converted] <= since:
                converted = conversion_after[converted]
            while back < end and time[back] <= since:
                back = return_after[back]
        until, first = since + settings[FOLLOW], session[start]
        out[written, SIGNAL], out[written, HIT], out[written, PROFILE] = signal, hit, profiles[whose]
        out[written, TIME], out[written, ROW] = since, row[at]
        out[written, PAGE_AT], out[written, ITEM_AT] = found[n, _PAGE], found[n, _ITEM]
        out[written, EXTRA], out[written, CONTEXT] = found[n, _EXTRA], context[start]
        out[written, CONVERTED] = converted < end and time[converted] <= until
        out[written, RETURNED] = back < end and time[back] <= until
        out[written, CLEAN] = clean
        out[written, ACTIVITY] = max(0, first - history[start])
        out[written, BEFORE] = max(0, conversions[first] - conversions[history[start]])
        out[written, DEPTH] = start - first
        out[written, CLOSE] = 0
        if conversions[start] > conversions[first]:
            out[written, CLOSE] = 2
        elif intents[start] > intents[first]:
            out[written, CLOSE] = 1
        out[written, TENURE] = time[start] - time[begins[whose]]
        out[written, CHANNEL] = (fact[start] >> CHANNEL_SHIFT) & 15
        out[written, DEVICE] = (fact[start] >> DEVICE_SHIFT) & 3
        out[written, TROUBLE] = trouble[start] > trouble[first]
        written += 1
    return written


@kernel
def _note(found, count, signal, hit, start, at, since, later, page, item, extra):
    """Note that a moment began with event `start` and is shown by event `at`; how many are noted now.

    The customer is followed from `since`. `later`: what comes after that counts, not what comes after the event itself.
    """
    found[count, _SIGNAL], found[count, _HIT], found[count, _START], found[count, _AT] = signal, hit, start, at
    found[count, _SINCE], found[count, _LATER] = since, later
    found[count, _PAGE], found[count, _ITEM], found[count, _EXTRA] = page, item, extra
    return count + 1


@kernel
def clicks(count, begins, time, fact, page, item, context, settings, found, noted):
    """Rage clicks and dead clicks. Both are decided when their seconds are over; a burst is one moment, from its first click."""
    for number in range(count):
        raged, size = NEVER, begins[number + 1]
        for k in range(begins[number], size):
            role, now = fact[k], time[k]
            if role & RAGE or (role & CLICK and item[k]):
                if now - raged <= settings[RAGE_MS]:
                    raged = now  # the same burst goes on
                else:
                    times, at, j, raging = 0, k, k, role & RAGE != 0
                    while j < size and j <= k + LOOK and time[j] - now <= settings[RAGE_MS] and not raging:
                        if fact[j] & CLICK and item[j] == item[k] and page[j] == page[k]:
                            times += 1
                        if fact[j] & RAGE or times == settings[RAGE_TIMES]:
                            at, raging = j, True
                        j += 1
                    if raging:
                        raged = now
                    since = now + settings[RAGE_MS]
                    noted = _note(found, noted, RAGE_CLICK, raging, k, at, since, True, context[k], item[k], 0)
            if role & (DEAD | CLICK):
                answered, j = role & WATCHED != 0, k + 1
                while not role & DEAD and j < size and j <= k + LOOK and time[j] - now <= settings[DEAD_MS]:
                    answered = answered or not fact[j] & (CLICK | RAGE | DEAD)
                    j += 1
                since = now + settings[DEAD_MS]
                noted = _note(found, noted, DEAD_CLICK, not answered, k, k, since, True, context[k], item[k], 0)
    return noted


@kernel
def forms(count, begins, time, fact, item, context, settings, found, noted):
    """Forms begun: abandoned unless sent before their minutes are over. Begun again meanwhile, it is the same attempt."""
    about, until, note = np.empty(OPEN, np.int64), np.empty(OPEN, np.int64), np.empty(OPEN, np.int64)
    for number in range(count):
        pending = 0
        for k in range(begins[number], begins[number + 1]):
            if not fact[k] & (FORM_START | FORM_END):
                continue
            left, known = 0, False
            for f in range(pending):
                if time[k] > until[f]:
                    continue
                if fact[k] & FORM_END and (about[f] == item[k] or about[f] == 0 or item[k] == 0):
                    found[note[f], _HIT] = False
                    continue
                known = known or about[f] == item[k]
                about[left], until[left], note[left] = about[f], until[f], note[f]
                left += 1
            pending = left
            if fact[k] & FORM_START and not known and pending < OPEN:
                about[pending], until[pending], note[pending] = item[k], time[k] + settings[FORM_MS], noted
                noted = _note(found, noted, FORM, True, k, k, until[pending], True, context[k], item[k], 0)
                pending += 1
    return noted


@kernel
def carts(count, begins, time, fact, item, settings, found, noted):
    """Carts, from the first product on: abandoned unless ordered before their hours are over."""
    for number in range(count):
        until, note = NEVER, 0
        for k in range(begins[number], begins[number + 1]):
            if fact[k] & CART_END and time[k] <= until:
                found[note, _HIT] = False
                until = NEVER
            if fact[k] & CART_ADD and time[k] > until:
                until, note = time[k] + settings[CART_MS], noted
                noted = _note(found, noted, CART, True, k, k, until, True, 0, item[k], 0)
    return noted


@kernel
def pages(count, begins, time, fact, page, context, session, settings, found, noted):
    """Loops, pogo-sticking and slow pages; the same page again is no step."""
    last = np.zeros(5, np.int64)  # the latest pages, the newest at the end, and the events that showed them
    shown = np.zeros(5, np.int64)
    loop, pogo = 0, 0
    for k in range(begins[count]):
        if session[k] == k:
            loop, pogo, last[4] = 0, 0, 0
        if fact[k] & MEASURED:
            slow = fact[k] & SLOW != 0
            noted = _note(found, noted, SLOW_PAGE, slow, k, k, time[k], False, context[k], 0, 0)
        if not fact[k] & PAGE or not page[k] or page[k] == last[4]:
            continue
        for n in range(4):
            last[n], shown[n] = last[n + 1], shown[n + 1]
        last[4], shown[4] = page[k], k
        loop, pogo = loop + 1, pogo + 1
        if loop >= 4:
            hit = last[1] == last[3] and last[2] == last[4]
            first, second = min(last[3], last[4]), max(last[3], last[4])
            noted = _note(found, noted, LOOP, hit, shown[1], k, time[k], False, first, 0, second)
            loop = 0 if hit else loop
        if pogo >= 5:
            hit = last[0] == last[2] and last[2] == last[4] and last[1] != last[3]
            hit = hit and time[shown[2]] - time[shown[1]] <= settings[POGO_MS]
            hit = hit and time[k] - time[shown[3]] <= settings[POGO_MS]
            noted = _note(found, noted, POGO, hit, shown[0], k, time[k], False, last[4], 0, 0)
            pogo = 0 if hit else pogo
    return noted


@kernel
def errors(count, begins, time, fact, item, context, session, settings, first, last, found, noted):
    """Repeated errors, decided when the minutes since the first are over; spared is who met none in as long."""
    size, times, held = begins[count], settings[ERROR_TIMES], 0
    waiting, repeats = np.empty(times, np.int64), 0
    for k in range(size):
        if session[k] == k:
            held = 0
        if not fact[k] & ERROR:
            continue
        if held == times:
            for n in range(times - 1):
                waiting[n] = waiting[n + 1]
            held -= 1
        waiting[held] = k
        held += 1
        if held == times and time[k] - time[waiting[0]] <= settings[ERROR_MS]:
            first[repeats], last[repeats] = waiting[0], k
            repeats += 1
            held = 0
    at = 0
    for k in range(size):
        while at < repeats and last[at] < k:
            at += 1
        if at < repeats and last[at] == k:
            j = first[at]
            since = time[j] + settings[ERROR_MS]
            noted = _note(found, noted, REPEATED_ERROR, True, j, k, since, True, context[k], item[k], 0)
        elif not fact[k] & (ERROR | CONVERSION):
            since = time[k] + settings[ERROR_MS]
            if at >= repeats or session[last[at]] != session[k] or time[last[at]] > since:
                noted = _note(found, noted, REPEATED_ERROR, False, k, k, since, True, context[k], 0, 0)
    return noted


@kernel
def contacts(count, begins, time, code, fact, item, settings, found, noted):
    """Searches without result and repeat contacts."""
    for number in range(count):
        contacted = NEVER
        for k in range(begins[number], begins[number + 1]):
            if fact[k] & SEARCH:
                empty = fact[k] & EMPTY != 0
                noted = _note(found, noted, EMPTY_SEARCH, empty, k, k, time[k], False, 0, item[k], 0)
            if fact[k] & CONTACT:
                since = time[k] - contacted
                if since >= settings[APART_MS]:
                    again = since <= settings[CONTACT_MS]
                    noted = _note(found, noted, REPEAT_CONTACT, again, k, k, time[k], False, 0, item[k], code[k])
                contacted = time[k]
    return noted


@kernel
def handovers(count, begins, time, code, fact, settings, found, noted):
    """Steps repeated on another channel with no conversion in between, and customers lost when they were handed over."""
    known, at = np.empty(STEPS, np.int64), np.empty(STEPS, np.int64)
    for number in range(count):
        steps, size = 0, begins[number + 1]
        for k in range(begins[number], size):
            channel = (fact[k] >> CHANNEL_SHIFT) & 15
            if fact[k] & CONVERSION:
                steps = 0
            if fact[k] & STEP:
                place = 0
                while place < steps and known[place] != code[k]:
                    place += 1
                before, elsewhere = channel, False
                if place < steps:
                    before = (fact[at[place]] >> CHANNEL_SHIFT) & 15
                    elsewhere = before != channel and time[k] - time[at[place]] <= settings[STEP_MS]
                about = code[k] * 256 + before * 16 + channel
                noted = _note(found, noted, HANDOVER_REPEAT, elsewhere, k, k, time[k], False, 0, 0, about)
                if place < STEPS:
                    known[place], at[place] = code[k], k
                    steps = max(steps, place + 1)
            if fact[k] & HANDED:
                since = time[k] + settings[LOST_MS]
                lost = k + 1 >= size or time[k + 1] > since
                noted = _note(found, noted, HANDOVER_LOST, lost, k, k, since, True, 0, 0, code[k] * 256 + channel)
    return noted
