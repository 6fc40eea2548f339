"""How often and when people may be contacted: the definition `contact-policy`, of which one, `global`, is in force."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from resa.kernel import preferences
from resa.kernel.audiences.rules import check_period, milliseconds
from resa.kernel.definitions import Definitions, Kind
from resa.kernel.errors import Refused

SENT: Final = ("email", "sms", "push", "chat", "call")
ADDRESSED: Final = ("email", "sms", "call")
"""What goes to an address of the customer's, whatever device asked for it."""
ON_SITE: Final = ("popup", "notification", "panel", "survey")
QUIET: Final = ("banner", "content")
"""What is part of a page and interrupts nobody: it draws on the frequency of its own experience only."""

INTERRUPTING: Final = (*SENT, *ON_SITE)
KINDS: Final = (*INTERRUPTING, *QUIET)
"""Every kind of contact."""

KEY: Final = "global"
LONGEST_DAYS: Final = 366
MOST_CAPS: Final = 50
ALWAYS: Final = 100

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Words = Annotated[str, msgspec.Meta(max_length=400)]


class Cap(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """At most so many contacts of these kinds (null: all that interrupt) in any stretch of time this long."""

    kinds: list[str] | None = None
    most: int
    per: Annotated[str, msgspec.Meta(max_length=40)]

    def covers(self, kind: str) -> bool:
        """Whether contacts of a kind count here."""
        return kind in (INTERRUPTING if self.kinds is None else self.kinds)

    def __str__(self) -> str:
        """`at most 2 of email, sms per 7 days`."""
        return f"at most {self.most} of {', '.join(self.kinds) if self.kinds else 'all kinds'} per {self.per}"


class Quiet(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Hours, in the customer's own time zone, in which these kinds wait; from 21:00 to 08:00 goes over midnight."""

    kinds: list[str]
    start: str
    end: str


class Policy(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Caps and quiet hours. `timezone` is of customers whose own is not known (null: the workspace's).

    What has the priority `always_from` or more is never held back, and counts.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] = "Contact policy"
    description: Words = ""
    caps: list[Cap] = []
    quiet: list[Quiet] = []
    timezone: str | None = None
    always_from: Annotated[int, msgspec.Meta(ge=1, le=1000)] = ALWAYS

    def quiet_until(self, kind: str, at: int, zone: ZoneInfo) -> int | None:
        """When the quiet hours end in which `at` (ms UTC) lies for this kind; None if it lies in none."""
        ends = [_end(hours, at, zone) for hours in self.quiet if kind in hours.kinds]
        return max((end for end in ends if end is not None), default=None)


DEFAULT: Final = Policy(
    description="What holds until somebody saves another: few interruptions, silence at night.",
    caps=[
        Cap(kinds=list(ON_SITE), most=3, per="1 day"),
        Cap(kinds=["email"], most=1, per="1 day"),
        Cap(kinds=["sms", "push", "call"], most=2, per="7 days"),
        Cap(most=12, per="7 days"),
    ],
    quiet=[Quiet(kinds=["sms", "push", "call"], start="21:00", end="08:00")],
)


def current(definitions: Definitions) -> Policy:
    """The policy in force."""
    found = next((item.body for item in definitions.all(KIND.name) if item.key == KEY), DEFAULT)
    assert isinstance(found, Policy)
    return found


def _end(hours: Quiet, at: int, zone: ZoneInfo) -> int | None:
    """When these hours end, if `at` lies within them; wall-clock hours, whatever the clocks do that night."""
    now = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    start, end = hours.start, hours.end
    clock = f"{now:%H:%M}"
    over_midnight = start > end
    inside = (clock >= start or clock < end) if over_midnight else start <= clock < end
    if not inside:
        return None
    day = now.date() + timedelta(days=1) if over_midnight and clock >= start else now.date()
    hour, minute = (int(part) for part in end.split(":"))
    until = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return max(at + 1, round(until.timestamp() * 1000))


# -- refusing ------------------------------------------------------------------------------------------------------


def check(policy: Policy) -> None:
    """Refuse what the types can't."""
    if len(policy.caps) > MOST_CAPS:
        raise Refused("caps", len(policy.caps), f"at most {MOST_CAPS} caps.", "Leave some out.")
    for number, cap in enumerate(policy.caps):
        check_cap(f"caps[{number}]", cap)
    for number, hours in enumerate(policy.quiet):
        _check_quiet(f"quiet[{number}]", hours)
    if policy.timezone is not None and policy.timezone not in preferences.zones():
        raise Refused("timezone", policy.timezone, "is not an IANA time zone.", "Use one such as Europe/Stockholm.")


def check_cap(at: str, cap: Cap) -> None:
    """Refuse an absurd cap."""
    if cap.kinds is not None:
        _check_kinds(f"{at}.kinds", cap.kinds)
    if not 0 <= cap.most <= 10_000:
        raise Refused(f"{at}.most", cap.most, "a cap is 0 to 10,000.", "Leave the cap out for no limit.")
    check_period(f"{at}.per", cap.per)
    if milliseconds(cap.per) > LONGEST_DAYS * 86_400_000:
        raise Refused(f"{at}.per", cap.per, f"contacts count for at most {LONGEST_DAYS} days.", "Use a shorter period.")


def _check_quiet(at: str, hours: Quiet) -> None:
    _check_kinds(f"{at}.kinds", hours.kinds)
    for field, text in (("start", hours.start), ("end", hours.end)):
        if _CLOCK.fullmatch(text) is None:
            raise Refused(f"{at}.{field}", text, "is no time of the day.", 'Write one such as "21:00".')
    if hours.start == hours.end:
        raise Refused(f"{at}.end", hours.end, "quiet hours end at another time than they begin.", "Change one of them.")


def _check_kinds(at: str, kinds: list[str]) -> None:
    if not kinds:
        raise Refused(at, 0, "there is no kind in it.", f"Name some of {', '.join(KINDS)}.")
    for kind in kinds:
        if kind not in KINDS:
            raise Refused(at, kind, "is no kind of contact.", f"Use {', '.join(KINDS)}.")


KIND: Final = Kind("contact-policy", Policy, check)
