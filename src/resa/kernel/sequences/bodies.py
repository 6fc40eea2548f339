# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="assignment"
# (numba types the kernels itself, from the arrays they are called with)
"""The kernels of questions whose labels are bits: each reads `count` journeys, the k-th being [starts[k], starts[k + 1])
of time, label and row. None calls another: numba's cache would not notice that one changed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.kernel.sequences.compiling import kernel

ORDERED, STRICT, ANY_ORDER = range(3)
FROM, TO, BETWEEN = range(3)
ANCHOR: Final = 1  # bits of a label of `routes`; the rest is the name
TARGET: Final = 2
NAME_SHIFT: Final = 2
MORE: Final = 16383  # stands for the names that a path from one event to another has no room for
EVENT, SEARCH, NOTHING_FOUND = 1, 2, 4  # bits of a label of `searches`
LEFT: Final = 1  # flags of a search
WITHOUT: Final = 2


@kernel
def chains(count, starts, time, label, row, steps, order, window, excluded, level, start_row, moments):
    """Each journey's chain that counts: how many steps, the row that began it, and when each step was done.

    Label bit k marks an event of step k, bit `steps` + x one of exclusion x, which ends chains that are at step
    `excluded[x, 0]` or further and not yet at `excluded[x, 1]`. `moments` has `steps` places for each journey.
    """
    began, began_row = np.empty(steps, np.int64), np.empty(steps, np.int64)
    alive = np.empty(steps, np.bool_)
    chain = np.empty((steps, steps), np.int64)  # [k]: when the steps of the chain that stands at step k were done
    every = (np.int64(1) << steps) - 1
    for k in range(count):
        deepest, best, best_row = 0, np.int64(0), np.int64(-1)
        base = k * steps
        alive[:] = False
        for j in range(starts[k], starts[k + 1]):
            roles = np.int64(label[j])
            if order == ANY_ORDER:
                for step in range(steps):
                    if (roles >> step) & 1:
                        alive[step], began[step], began_row[step] = True, time[j], row[j]
                depth, begin = 0, time[j]
                while depth < steps and alive[depth] and time[j] - began[depth] <= window:
                    begin = min(begin, began[depth])
                    depth += 1
                if depth > deepest or (depth == deepest and depth > 0 and begin > best):
                    deepest, best, best_row = depth, begin, began_row[0]
                    for step in range(depth):  # sorted: how far apart one and the next were, whichever they are
                        at = step
                        while at > 0 and moments[base + at - 1] > began[step]:
                            moments[base + at] = moments[base + at - 1]
                            at -= 1
                        moments[base + at] = began[step]
                if deepest == steps:
                    break
                continue
            for step in range(steps - 1, -1, -1):  # from the last: one event can't carry a chain two steps on
                fresh, begin, begin_row = False, time[j], row[j]
                if (roles >> step) & 1:
                    if step == 0:
                        fresh = True
                    elif alive[step - 1] and time[j] - began[step - 1] <= window:
                        fresh, begin, begin_row = True, began[step - 1], began_row[step - 1]
                blocked = False
                if alive[step] and order == STRICT and roles & every & ~(np.int64(3) << step):
                    alive[step] = False
                for x in range(excluded.shape[0]):
                    if (roles >> (steps + x)) & 1 and excluded[x, 0] <= step < excluded[x, 1]:
                        alive[step] = False
                        blocked = blocked or excluded[x, 0] < step
                if not fresh:
                    continue
                depth = step + 1
                if depth > deepest or (depth == deepest and (begin > best or (begin == best and begin_row > best_row))):
                    deepest, best, best_row = depth, begin, begin_row
                    for before in range(step):
                        moments[base + before] = chain[step - 1, before]
                    moments[base + step] = time[j]
                if not blocked and (
                    not alive[step] or begin > began[step] or (begin == began[step] and begin_row > began_row[step])
                ):
                    alive[step], began[step], began_row[step] = True, begin, begin_row
                    for before in range(step):
                        chain[step, before] = chain[step - 1, before]
                    chain[step, step] = time[j]
                if deepest == steps:
                    break
            if deepest == steps:
                break
        level[k], start_row[k] = deepest, best_row


@kernel
def value_counts(count, starts, label, row, bits, values, customers):
    """How many journeys have an event of one of these bits with each value; `values` by row, 0 for none."""
    seen = np.full(customers.size, -1, np.int64)
    for k in range(count):
        for j in range(starts[k], starts[k + 1]):
            if np.int64(label[j]) & bits:
                value = np.int64(values[row[j]]) if row[j] < values.size else np.int64(0)
                if seen[value] != k:
                    seen[value] = k
                    customers[value] += 1


@kernel
def series(count, starts, time, label, row, bounds, values, group_of, events, customers):
    """Events and customers [series, group, period] of the bits of a label; the last period is all of them together."""
    periods = bounds.size - 1
    seen = np.full(events.shape, -1, np.int64)
    for k in range(count):
        period = 0
        for j in range(starts[k], starts[k + 1]):
            while time[j] >= bounds[period + 1]:
                period += 1
            group = 0
            if group_of.size > 1:
                group = group_of[np.int64(values[row[j]]) if row[j] < values.size else np.int64(0)]
            if group < 0:
                continue
            roles = np.int64(label[j])
            for s in range(events.shape[0]):
                if (roles >> s) & 1:
                    events[s, group, period] += 1
                    events[s, group, periods] += 1
                    if seen[s, group, period] != k:
                        seen[s, group, period] = k
                        customers[s, group, period] += 1
                    if seen[s, group, periods] != k:
                        seen[s, group, periods] = k
                        customers[s, group, periods] += 1


@kernel
def cohorts(count, starts, time, label, row, bounds, values, group_of, size, returned):
    """Cohorts [group, period] by the first event with bit 0; later events with bit 1 count once for their period."""
    seen = np.full(bounds.size, -1, np.int64)
    for k in range(count):
        cohort, period, group = -1, 0, np.int64(0)
        for j in range(starts[k], starts[k + 1]):
            while time[j] >= bounds[period + 1]:
                period += 1
            if cohort >= 0:
                if label[j] & 2 and seen[period] != k:
                    seen[period] = k
                    returned[group, cohort, period - cohort] += 1
            elif label[j] & 1:
                if group_of.size > 1:
                    group = group_of[np.int64(values[row[j]]) if row[j] < values.size else np.int64(0)]
                if group < 0:
                    break
                cohort = period
                size[group, cohort] += 1


@kernel
def stickiness(count, starts, time, label, row, bounds, values, group_of, active):
    """How many of the journeys with a bit 0 have events of bit 1 in how many periods: active[group, number]."""
    for k in range(count):
        started, group, period, last, number = False, np.int64(0), 0, -1, 0
        for j in range(starts[k], starts[k + 1]):
            while time[j] >= bounds[period + 1]:
                period += 1
            if label[j] & 1 and not started:
                started = True
                if group_of.size > 1:
                    group = group_of[np.int64(values[row[j]]) if row[j] < values.size else np.int64(0)]
            if label[j] & 2 and last != period:
                last = period
                number += 1
        if started and group >= 0:
            active[group, number] += 1


@kernel
def returners(count, starts, time, label, bounds, cohort, offset, least, index, first_time, last_time, events):
    """Who is behind one figure: a cohort (`offset` -1) or those of it who returned in that period after it; with `least`
    above 0, those with a bit 0 who are active in so many periods."""
    chosen = 0
    for k in range(count):
        mine, period, first, last, hits, active, counted = -1, 0, -1, -1, 0, 0, -1
        for j in range(starts[k], starts[k + 1]):
            while time[j] >= bounds[period + 1]:
                period += 1
            if label[j] & 2 and counted != period:
                counted = period
                active += 1
            if mine < 0:
                if label[j] & 1:
                    mine = period
                    if offset < 0:
                        first = last = j
                        hits = 1
            elif label[j] & 2 and offset >= 0 and period == mine + offset:
                first = j if first < 0 else first
                last = j
                hits += 1
        if least > 0:
            belongs = mine >= 0 and active >= least
            first, last, hits = starts[k], starts[k + 1] - 1, starts[k + 1] - starts[k]
        else:
            belongs = mine == cohort and hits > 0
        if belongs:
            index[chosen], first_time[chosen], last_time[chosen], events[chosen] = k, time[first], time[last], hits
            chosen += 1
    return chosen


@kernel
def attendants(count, starts, time, label, row, bit, values, group_of, group, index, first_time, last_time, events):
    """Who has events of a bit (of one group, if it is not negative), with the first, the last and how many."""
    chosen = 0
    for k in range(count):
        first, last, hits = -1, -1, 0
        for j in range(starts[k], starts[k + 1]):
            if not (np.int64(label[j]) >> bit) & 1:
                continue
            if group >= 0 and group_of[np.int64(values[row[j]]) if row[j] < values.size else np.int64(0)] != group:
                continue
            first = j if first < 0 else first
            last = j
            hits += 1
        if hits:
            index[chosen], first_time[chosen], last_time[chosen], events[chosen] = k, time[first], time[last], hits
            chosen += 1
    return chosen


@kernel
def routes(count, starts, time, label, direction, anchored, fold, gap, steps, table, stored, own, own_first, own_last):
    """Count the paths of `count` journeys in the open table `table` (times, customers) of `stored` names.

    `own[k]` becomes the path that the journey counts as a customer with (the first; going towards the anchor, the
    last), with the times of its ends. Returns how many different paths are new.
    """
    added, last_slot = 0, table.shape[0] - 1
    names = np.empty(steps, np.uint16)
    for k in range(count):
        own_slot, opened, session = np.int64(-1), -1, starts[k]
        for j in range(starts[k], starts[k + 1]):
            if j > starts[k] and time[j] - time[j - 1] > gap:
                session, opened = j, -1
            flags, name, begin, end, filled = label[j] & 3, label[j] >> NAME_SHIFT, j, j, 0
            if direction == BETWEEN:
                if flags & TARGET and opened >= 0:
                    begin, previous = opened, np.uint16(0)
                    for i in range(opened, j + 1):
                        here = label[i] >> NAME_SHIFT
                        if fold and i > opened and here == previous:
                            continue
                        previous = here
                        if filled < steps:
                            names[filled] = here
                        filled += 1
                    if filled > steps:
                        names[steps - 2], names[steps - 1] = MORE, name
                        filled = steps
                    opened = -1
                if flags & ANCHOR and opened < 0:
                    opened = j
                if filled == 0:
                    continue
            else:
                if anchored:
                    if not flags & ANCHOR:
                        continue
                    if fold and j > session and label[j - 1] == label[j]:
                        continue
                elif direction == FROM:
                    if j != session:
                        continue
                elif j + 1 < starts[k + 1] and time[j + 1] - time[j] <= gap:
                    continue
                names[0], filled = name, 1
                if direction == FROM:
                    i = j + 1
                    while filled < steps and i < starts[k + 1] and time[i] - time[i - 1] <= gap:
                        here = label[i] >> NAME_SHIFT
                        if not fold or here != names[filled - 1]:
                            names[filled], end = here, i
                            filled += 1
                        i += 1
                else:
                    i = j - 1
                    while filled < steps and i >= session:
                        here = label[i] >> NAME_SHIFT
                        if not fold or here != names[filled - 1]:
                            names[filled], begin = here, i
                            filled += 1
                        i -= 1
                    for i in range(filled // 2):
                        names[i], names[filled - 1 - i] = names[filled - 1 - i], names[i]
            for i in range(filled, steps):
                names[i] = 0
            mixed = np.uint64(14695981039346656037)
            for i in range(steps):
                mixed = (mixed ^ np.uint64(names[i])) * np.uint64(1099511628211)
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
            slot = np.int64(mixed >> np.uint64(32)) & last_slot
            while table[slot, 0] != 0:
                same = True
                for i in range(steps):
                    same = same and stored[slot, i] == names[i]
                if same:
                    break
                slot = (slot + 1) & last_slot
            if table[slot, 0] == 0:
                added += 1
                for i in range(steps):
                    stored[slot, i] = names[i]
            table[slot, 0] += 1
            if own_slot < 0 or direction == TO:
                own_slot, own_first[k], own_last[k] = slot, time[begin], time[end]
        if own_slot >= 0:
            table[own_slot, 1] += 1
            for i in range(steps):
                own[k, i] = stored[own_slot, i]
        else:
            own[k, 0] = 0
    return added


@kernel
def add_routes(table, stored, other, other_stored):
    """Add the counts of another table, of other profiles; returns how many paths are new."""
    added, last_slot, steps = 0, table.shape[0] - 1, stored.shape[1]
    for k in range(other.shape[0]):
        if other[k, 0] == 0:
            continue
        mixed = np.uint64(14695981039346656037)
        for i in range(steps):
            mixed = (mixed ^ np.uint64(other_stored[k, i])) * np.uint64(1099511628211)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        slot = np.int64(mixed >> np.uint64(32)) & last_slot
        while table[slot, 0] != 0:
            same = True
            for i in range(steps):
                same = same and stored[slot, i] == other_stored[k, i]
            if same:
                break
            slot = (slot + 1) & last_slot
        if table[slot, 0] == 0:
            added += 1
            for i in range(steps):
                stored[slot, i] = other_stored[k, i]
        table[slot, 0] += other[k, 0]
        table[slot, 1] += other[k, 1]
    return added


@kernel
def searches(count, starts, time, label, row, terms, gap, journey, term, flags):
    """The searches of `count` journeys: repeats of a term with nothing else in between are one.

    A search is LEFT if no other event follows it before a pause longer than `gap`; WITHOUT if one of its events says
    that nothing was found. Returns how many were written.
    """
    written = 0
    for k in range(count):
        current, open_search = np.int64(0), False
        for j in range(starts[k], starts[k + 1]):
            if j > starts[k] and time[j] - time[j - 1] > gap:
                open_search = False  # what stands open was the session's last: it stays LEFT
            searched = np.int64(0)
            if label[j] & SEARCH and row[j] < terms.size:
                searched = np.int64(terms[row[j]])
            if searched == 0:
                if open_search:
                    flags[written - 1] &= ~LEFT
                open_search = False
                continue
            if not open_search or searched != current:
                if open_search:
                    flags[written - 1] &= ~LEFT
                journey[written], term[written], flags[written] = k, searched, LEFT
                written += 1
                current, open_search = searched, True
            if label[j] & NOTHING_FOUND:
                flags[written - 1] |= WITHOUT
    return written
