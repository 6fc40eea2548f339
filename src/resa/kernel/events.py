"""One event: how a door hands it over (`Draft`), and the columns it has everywhere after that (`SCHEMA`).

The same columns are the tail's blobs, the table `events` of the body and the Parquet files of the lake.
"""

from __future__ import annotations

from typing import Final

import msgspec
import pyarrow as pa

TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")
CHANNELS: Final = (
    "web",
    "app",
    "email",
    "sms",
    "push",
    "chat",
    "social",
    "call",
    "store",
    "ad",
    "review",
    "server",
    "other",
)

EMPTY: Final = "{}"

OWN_NAMES: Final = frozenset(
    {
        "Comment Understood",
        "Consent Changed",
        "Decision Made",
        "Experience Clicked",
        "Experience Dismissed",
        "Experience Viewed",
        "Experiment Viewed",
        "Loop Closed",
        "Merge Undone",
        "Profiles Merged",
        "Segment Entered",
        "Segment Left",
        "Task Closed",
        "Task Opened",
        "Survey Answered",
        "Survey Dismissed",
        "Survey Requested",
        "Survey Shown",
    }
)
"""What Resa itself writes to the log, as `track` with the source `resa` (what customers do with surveys: with that of the door they
did it through). A browser's key is public and can't send them, except exposures that the workspace's `decisions` have a check for.
"""


class Draft(msgspec.Struct, gc=False, kw_only=True, array_like=True):
    """An event a door has accepted; it has no row, no identity number and no profile yet.

    `time` and `received_at` are milliseconds since 1970 UTC. `properties` and `context` are JSON objects as
    text; for `identify` and `group` the properties are the traits. `verified` is false for what only a
    browser key asserts. `links` holds further identifiers (`kind:value`) the event says are the same
    customer (`alias`: the previous id).
    """

    message_id: str
    type: str
    name: str
    time: int
    received_at: int
    user_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    channel: str = "other"
    source: str = ""
    session_hint: str | None = None
    page_url: str | None = None
    page_path: str | None = None
    page_title: str | None = None
    referrer: str | None = None
    referrer_kind: str | None = None
    campaign_source: str | None = None
    campaign_medium: str | None = None
    campaign_name: str | None = None
    device: str | None = None
    os: str | None = None
    browser: str | None = None
    ip: str | None = None
    locale: str | None = None
    revenue: str | None = None
    currency: str | None = None
    order_id: str | None = None
    bot: bool = False
    simulated: bool = False
    verified: bool = True
    properties: str = EMPTY
    context: str = EMPTY
    links: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """`user:<id>` if the event carries a user id, else `anon:<id>`."""
        return f"user:{self.user_id}" if self.user_id else f"anon:{self.anonymous_id}"


MONEY: Final = pa.decimal128(18, 4)

# Columns the commit assigns, then the draft's own.
ASSIGNED: Final = (
    pa.field("row", pa.int64(), nullable=False),  # the log offset: dense, in order
    pa.field("identity", pa.uint32(), nullable=False),
    pa.field("profile_then", pa.uint32(), nullable=False),  # number of the oldest identity of the profile, as landed
    pa.field("code", pa.uint16(), nullable=False),  # of (type, name): 0 keeps out of the index (bots), 1 is "other"
)
_KINDS: Final[dict[str, pa.DataType]] = {
    "time": pa.int64(),
    "received_at": pa.int64(),
    "revenue": MONEY,
    "bot": pa.bool_(),
    "simulated": pa.bool_(),
    "verified": pa.bool_(),
}
CARRIED: Final = tuple(
    pa.field(
        name, _KINDS.get(name, pa.string()), nullable=name not in ("message_id", "type", "name", "time", "received_at")
    )
    for name in Draft.__struct_fields__
    if name != "links"
)
SCHEMA: Final = pa.schema([*ASSIGNED, *CARRIED])
