# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="assignment"
# (numba types the kernels itself, from the arrays they are called with)
"""The numba kernels: one walk (`gather`) that yields whole journeys, and one body per question that reads them.

A part (a run, or a part of the head) reaches the walk as a row of addresses, so one compiled walk serves any
number of them. The bodies see plain sorted arrays only and never call the walk: numba's cache notices a
changed file, not a changed callee in another one, so what is called lives in this file.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.kernel.sequences.compiling import inlined, kernel, loader

ASK: Final = 65535  # a label table's "look the row up"

# Columns of a part's row in the table of addresses.
IDS, OFFSETS, TIME, CODE, ROW, COUNT, WIDE_TIME, WIDE_ROW, BASE_TIME, BASE_ROW = range(10)
COLUMNS: Final = 10

_u16, _u32, _i32, _i64 = (loader(kind, globals()) for kind in ("uint16", "uint32", "int32", "int64"))


@inlined
def _time(parts, p, j):
    if parts[p, WIDE_TIME]:
        return _i64(parts[p, TIME] + 8 * j)
    return parts[p, BASE_TIME] + _u32(parts[p, TIME] + 4 * j)


@inlined
def _row(parts, p, j):
    if parts[p, WIDE_ROW]:
        return _i64(parts[p, ROW] + 8 * j)
    return parts[p, BASE_ROW] + _u32(parts[p, ROW] + 4 * j)


@kernel
def _find(parts, p, identity):
    """Where `identity` stands in part `p`, or -1. Numbers are dense, so the ends alone nearly tell the place."""
    count = parts[p, COUNT]
    if count == 0:
        return -1
    ids = parts[p, IDS]
    low = max(np.int64(0), count - 1 - (np.int64(_u32(ids + 4 * (count - 1))) - identity))
    high = min(count - 1, identity - np.int64(_u32(ids)))
    while low <= high:
        middle = (low + high) >> 1
        value = np.int64(_u32(ids + 4 * middle))
        if value == identity:
            return middle
        if value < identity:
            low = middle + 1
        else:
            high = middle - 1
    return -1


@kernel
def _bisect(parts, p, low, high, time, row):
    """The first place in part `p`'s [low, high) that is not before (time, row)."""
    while low < high:
        middle = (low + high) >> 1
        at = _time(parts, p, middle)
        if at < time or (at == time and _row(parts, p, middle) < row):
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _merge(low, middle, high, time, label, row, spare_time, spare_label, spare_row):
    """Merge the ordered stretches [low, middle) and [middle, high) in place, from the back."""
    size = high - middle
    for k in range(size):
        spare_time[k], spare_label[k], spare_row[k] = time[middle + k], label[middle + k], row[middle + k]
    left, right, to = middle - 1, size - 1, high - 1
    while right >= 0:
        if left >= low and (
            time[left] > spare_time[right] or (time[left] == spare_time[right] and row[left] > spare_row[right])
        ):
            time[to], label[to], row[to] = time[left], label[left], row[left]
            left -= 1
        else:
            time[to], label[to], row[to] = spare_time[right], spare_label[right], spare_row[right]
            right -= 1
        to -= 1


@kernel
def gather(
    parts, cursor, high, hidden, groups, group_profiles, group_offsets, group_members,
    chosen, table, asked, first_row, start, end,
    profiles, starts, time, label, row, spare_time, spare_label, spare_row, found, bounds,
):  # fmt: skip
    """The next journeys, each ordered by (time, row), of labelled events in [start, end).

    First the identities below `high` that are profiles by themselves (`cursor`: where each part stands), then the
    groups `groups[0]` up to `groups[1]` of the identity map. Profiles that are not `chosen` (u8; empty: all are) are
    passed over before any of their events is read. Returns how many journeys were written (0: no more), or minus the
    room that the next one needs when it doesn't fit the scratch at all.
    """
    count, filled, names = 0, 0, table.size
    starts[0] = 0
    while count < profiles.size:
        blocks = 0
        smallest = high
        for p in range(parts.shape[0]):
            if cursor[p] < parts[p, COUNT]:
                identity = np.int64(_u32(parts[p, IDS] + 4 * cursor[p]))
                if identity < smallest:
                    smallest, blocks = identity, 0
                if identity == smallest and identity < high:
                    found[blocks, 0], found[blocks, 1] = p, cursor[p]
                    blocks += 1
        alone = blocks > 0
        if alone:
            profile = smallest
            if (profile < hidden.size and hidden[profile]) or (
                chosen.size and (profile >= chosen.size or not chosen[profile])
            ):
                for b in range(blocks):
                    cursor[found[b, 0]] += 1
                continue
        elif groups[0] < groups[1]:
            group = groups[0]
            profile = np.int64(group_profiles[group])
            if chosen.size and (profile >= chosen.size or not chosen[profile]):
                groups[0] += 1
                continue
            for p in range(parts.shape[0]):
                for m in range(group_offsets[group], group_offsets[group + 1]):
                    place = _find(parts, p, np.int64(group_members[m]))
                    if place >= 0:
                        found[blocks, 0], found[blocks, 1] = p, place
                        blocks += 1
        else:
            break
        room = 0
        for b in range(blocks):
            offsets = parts[found[b, 0], OFFSETS] + 4 * found[b, 1]
            room += np.int64(_i32(offsets + 4)) - np.int64(_i32(offsets))
        if room > spare_time.size or filled + room > time.size:
            if filled == 0 and count == 0:
                return -room
            break
        if alone:
            for b in range(blocks):
                cursor[found[b, 0]] += 1
        else:
            groups[0] += 1

        first, stretches = filled, 0
        for b in range(blocks):
            p = found[b, 0]
            offsets = parts[p, OFFSETS] + 4 * found[b, 1]
            low, stop = np.int64(_i32(offsets)), np.int64(_i32(offsets + 4))
            if stop - low > 32 and parts[p, BASE_TIME] < start:
                low = _bisect(parts, p, low, stop, start, np.int64(-1))
            before = filled
            # Locals, because the compiler must read `parts` anew after each event that is written.
            codes, times, rows = parts[p, CODE], parts[p, TIME], parts[p, ROW]
            wide_time, wide_row = parts[p, WIDE_TIME] != 0, parts[p, WIDE_ROW] != 0
            base_time, base_row = parts[p, BASE_TIME], parts[p, BASE_ROW]
            for j in range(low, stop):
                code = _u16(codes + 2 * j)
                if code == 0 or code >= names:  # 0: scrubbed by an erasure
                    continue
                value = table[code]
                if value == 0:
                    continue
                at = _i64(times + 8 * j) if wide_time else base_time + _u32(times + 4 * j)
                if at < start:
                    continue
                if at >= end:
                    break
                number = _i64(rows + 8 * j) if wide_row else base_row + _u32(rows + 4 * j)
                if value == ASK:
                    place = number - first_row
                    value = asked[place] if 0 <= place < asked.size else np.uint16(0)
                    if value == 0:
                        continue
                time[filled], label[filled], row[filled] = at, value, number
                filled += 1
            if filled == before:
                continue
            if (
                before == first
                or time[before] < time[before - 1]
                or (time[before] == time[before - 1] and row[before] < row[before - 1])
            ):
                bounds[stretches] = before
                stretches += 1
        while stretches > 1:
            kept = 0
            for k in range(0, stretches, 2):
                if k + 1 < stretches:
                    stop = bounds[k + 2] if k + 2 < stretches else filled
                    _merge(bounds[k], bounds[k + 1], stop, time, label, row, spare_time, spare_label, spare_row)
                bounds[kept] = bounds[k]
                kept += 1
            stretches = kept
        if filled > first:
            profiles[count] = profile
            count += 1
            starts[count] = filled
    return count


@kernel
def recent(parts, members, table, asked, first_row, before_time, before_row, limit):
    """Up to `limit` newest labelled events before (time, row) of every list of `members`: (time, row, label), unordered."""
    room = 0
    for m in range(members.size):
        for p in range(parts.shape[0]):
            place = _find(parts, p, np.int64(members[m]))
            if place >= 0:
                offsets = parts[p, OFFSETS] + 4 * place
                room += min(limit, np.int64(_i32(offsets + 4)) - np.int64(_i32(offsets)))
    time, row, label = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint16)
    filled = 0
    for m in range(members.size):
        for p in range(parts.shape[0]):
            place = _find(parts, p, np.int64(members[m]))
            if place < 0:
                continue
            offsets = parts[p, OFFSETS] + 4 * place
            low, j, taken = np.int64(_i32(offsets)), np.int64(_i32(offsets + 4)), 0
            if _u16(parts[p, CODE] + 2 * low) == 0:
                continue
            j = _bisect(parts, p, low, j, before_time, before_row)
            while j > low and taken < limit:
                j -= 1
                code = _u16(parts[p, CODE] + 2 * j)
                value = table[code] if 0 < code < table.size else np.uint16(0)
                if value == ASK:
                    asking = _row(parts, p, j) - first_row
                    value = asked[asking] if 0 <= asking < asked.size else np.uint16(0)
                if value != 0:
                    time[filled], row[filled], label[filled] = _time(parts, p, j), _row(parts, p, j), value
                    filled += 1
                    taken += 1
    return time[:filled], row[:filled], label[:filled]


@kernel
def order_by_identity(identity, order):
    """Make the permutation `order` ascend by identity without changing the order of equals (radix, 11 bits at a time)."""
    largest = np.uint32(0)
    for k in range(identity.size):
        largest = max(largest, identity[k])
    other = np.empty_like(order)
    shift = 0
    while shift < 32 and (shift == 0 or (np.int64(largest) >> shift) > 0):
        counts = np.zeros(2049, np.int64)
        for k in range(order.size):
            counts[((np.int64(identity[order[k]]) >> shift) & 2047) + 1] += 1
        for k in range(2048):
            counts[k + 1] += counts[k]
        for k in range(order.size):
            digit = (np.int64(identity[order[k]]) >> shift) & 2047
            other[counts[digit]] = order[k]
            counts[digit] += 1
        order, other = other, order
        shift += 11
    return order


# --- bodies: each reads `count` journeys, the k-th being [starts[k], starts[k + 1]) of time, label, row ---


@kernel
def stage_walk(
    count, starts, time, label, stage_of, groupings,
    cell_events, cell_customers, group_events, group_customers, stage_events, stage_customers,
    reached, forward, moves, gap_stage, gap,
):  # fmt: skip
    """The journey map: add `count` journeys to the sums; returns how many times from a stage to the next were written."""
    cells, stages, gaps = stage_of.size, stage_events.size, 0
    cell_seen, group_seen = np.full(cells, -1, np.int64), np.full(group_events.size, -1, np.int64)
    move_seen = np.full((stages, stages), -1, np.int64)
    first, last, entered = np.empty(stages, np.int64), np.empty(stages, np.int64), np.empty(stages, np.int64)
    followed = np.empty(stages, np.bool_)
    for k in range(count):
        first[:] = -1
        last[:] = -1
        followed[:] = False
        previous = -1
        for j in range(starts[k], starts[k + 1]):
            cell = np.int64(label[j])
            stage = stage_of[cell]
            cell_events[cell] += 1
            if cell_seen[cell] != k:
                cell_seen[cell] = k
                cell_customers[cell] += 1
            for g in range(groupings.shape[0]):
                group = groupings[g, cell]
                if group >= 0:
                    group_events[group] += 1
                    if group_seen[group] != k:
                        group_seen[group] = k
                        group_customers[group] += 1
            stage_events[stage] += 1
            if first[stage] < 0:
                first[stage] = j
                entered[stage] = time[j]
                stage_customers[stage] += 1
            last[stage] = j
            if stage > 0 and first[stage - 1] >= 0 and not followed[stage - 1]:
                followed[stage - 1] = True
                gap_stage[gaps], gap[gaps] = stage - 1, time[j] - entered[stage - 1]
                gaps += 1
            if previous >= 0 and previous != stage and move_seen[previous, stage] != k:
                move_seen[previous, stage] = k
                moves[previous, stage] += 1
            previous = stage
        for s in range(stages):
            if first[s] >= 0:
                ahead = False
                for t in range(stages):
                    if last[t] > first[s]:
                        reached[s, t] += 1
                        ahead = ahead or t > s
                forward[s] += ahead
    return gaps


ANY, CELL, GROUP, STAGE, NEXT, FORWARD, DROPPED = range(7)


@kernel
def stage_people(count, starts, time, label, stage_of, group_of, kind, number, index, first_time, last_time, events):
    """Which of `count` journeys belong to one figure of the map, with the events that put them there."""
    chosen = 0
    for k in range(count):
        entered, hits = np.int64(-1), 0
        next_after, ahead_after = False, False
        for j in range(starts[k], starts[k + 1]):
            cell = np.int64(label[j])
            stage = stage_of[cell]
            if kind == ANY:
                hit = True
            elif kind == CELL:
                hit = cell == number
            elif kind == GROUP:
                hit = group_of[cell] == number
            else:
                hit = stage == number
                if entered >= 0:
                    next_after = next_after or stage == number + 1
                    ahead_after = ahead_after or stage > number
            if hit:
                if entered < 0:
                    entered = j
                last_time[chosen] = time[j]
                hits += 1
        if (
            hits == 0
            or (kind == NEXT and not next_after)
            or (kind == FORWARD and not ahead_after)
            or (kind == DROPPED and ahead_after)
        ):
            continue
        index[chosen], first_time[chosen], events[chosen] = k, time[entered], hits
        chosen += 1
    return chosen


@kernel
def funnel(count, starts, time, label, row, steps_of, steps, window, reached, level, start_row):
    """windowFunnel, an event filling at most one step of a chain: `began[k]` is the latest start of a chain of k + 1 steps."""
    began, began_row = np.empty(steps, np.int64), np.empty(steps, np.int64)
    for k in range(count):
        deepest = 0
        for j in range(starts[k], starts[k + 1]):
            mask = steps_of[label[j]]
            # From the last step down, so that one event can't carry a chain two steps on.
            for step in range(min(deepest, steps - 1), -1, -1):
                if not (mask >> step) & 1:
                    continue
                if step == 0:
                    began[0], began_row[0] = time[j], row[j]
                elif time[j] - began[step - 1] <= window:
                    began[step], began_row[step] = began[step - 1], began_row[step - 1]
                else:
                    continue
                deepest = max(deepest, step + 1)
            if deepest == steps:
                break
        level[k] = deepest
        if deepest:
            reached[deepest - 1] += 1
            start_row[k] = began_row[deepest - 1]


@kernel
def sessions(count, starts, time, gap, totals, number):
    """Sessions per journey; `totals`: sessions, sessions of one event, their length in ms."""
    for k in range(count):
        number[k] = 0
        begin = starts[k]
        for j in range(starts[k], starts[k + 1]):
            if j + 1 == starts[k + 1] or time[j + 1] - time[j] > gap:
                number[k] += 1
                totals[0] += 1
                totals[1] += j == begin
                totals[2] += time[j] - time[begin]
                begin = j + 1


@kernel
def retention(count, starts, time, label, bounds, size, returned):
    """Cohorts by the period of the first event with label bit 1; later events with bit 2 count once for their period."""
    seen = np.full(bounds.size, -1, np.int64)
    for k in range(count):
        cohort, period = -1, 0
        for j in range(starts[k], starts[k + 1]):
            while time[j] >= bounds[period + 1]:
                period += 1
            if cohort >= 0:
                if label[j] & 2 and seen[period] != k:
                    seen[period] = k
                    returned[cohort, period - cohort] += 1
            elif label[j] & 1:
                cohort = period
                size[cohort] += 1


KEY, TIMES, CUSTOMERS, SEEN = range(4)  # columns of a table of paths; one slot is half a cache line


@kernel
def _slot(table, key):
    """Where `key` is or belongs in the open table (a power of two long; key 0 is an empty slot)."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    last = table.shape[0] - 1
    at = np.int64(mixed >> np.uint64(32)) & last
    while table[at, KEY] != 0 and table[at, KEY] != key:
        at = (at + 1) & last
    return at


@kernel
def paths(count, starts, time, label, gap, fold, seen_from, table):
    """Count the three-step paths of `count` journeys in the table; returns how many new ones there are."""
    added = 0
    for k in range(count):
        a, b = np.int64(0), np.int64(0)
        for j in range(starts[k], starts[k + 1]):
            c = np.int64(label[j])
            if j > starts[k] and time[j] - time[j - 1] > gap:
                a, b = np.int64(0), np.int64(0)
            if fold and c == b:
                continue
            if a:
                key = (a << 32) | (b << 16) | c
                at = _slot(table, key)
                if table[at, KEY] == 0:
                    table[at, KEY] = key
                    added += 1
                table[at, TIMES] += 1
                if table[at, SEEN] != seen_from + k:
                    table[at, SEEN] = seen_from + k
                    table[at, CUSTOMERS] += 1
            a, b = b, c
    return added


@kernel
def add_paths(table, other):
    """Add the counts of another table, of other profiles; returns how many new paths there are."""
    added = 0
    for k in range(other.shape[0]):
        key = other[k, KEY]
        if key != 0:
            at = _slot(table, key)
            if table[at, KEY] == 0:
                table[at, KEY] = key
                added += 1
            table[at, TIMES] += other[k, TIMES]
            table[at, CUSTOMERS] += other[k, CUSTOMERS]
    return added
