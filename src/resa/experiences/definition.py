"""What people write down of experiences: the kinds `placement`, `content`, `offer` and `experience` (docs/experiences.md)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Keys = Annotated[list[str], msgspec.Meta(max_length=100)]
Values = Annotated[list[Words], msgspec.Meta(max_length=100)]

Type = Literal["text", "html", "json", "banner", "popup", "notification", "panel", "redirect"]
TYPES: Final = ("text", "html", "json", "banner", "popup", "notification", "panel", "redirect")
INTERRUPTING: Final = ("popup", "notification", "panel")
"""Types of content that interrupt: each showing is a contact and draws on the person's budget."""


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Part of a definition."""


class Schedule(_Part, frozen=True, kw_only=True):
    """From when and until when, in ISO 8601 with an offset; the end is not included."""

    start: str | None = None
    end: str | None = None


class Placement(_Part, frozen=True, kw_only=True):
    """A named spot in a channel. `types` is what it holds (empty: anything), `default` the content when nothing else fits.

    `selector` and `position` say where on a page it is, for placements chosen in the visual picker.
    """

    name: Name
    description: Text = ""
    channel: str = "web"
    types: Annotated[list[Type], msgspec.Meta(max_length=8)] = []
    default: str | None = None
    selector: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None
    position: Literal["replace", "prepend", "append", "before", "after"] = "replace"
    owner: Words = ""


class Version(_Part, frozen=True, kw_only=True):
    """The content in one language (BCP 47, such as `sv` or `pt-BR`); `body` is shaped by the content's type."""

    language: str
    body: dict[str, Any]


class Tags(_Part, frozen=True, kw_only=True):
    """What the content is for: stages (`<map>/<stage>` or `<stage>`), personas by key, intents, and other words."""

    stages: Values = []
    personas: Values = []
    intents: Values = []
    other: Values = []


class Content(_Part, frozen=True, kw_only=True):
    """A piece of content. The first version's language is spoken where nobody's own is there."""

    name: Name
    description: Text = ""
    type: Type
    versions: Annotated[list[Version], msgspec.Meta(max_length=100)]
    approval: Literal["draft", "review", "approved"] = "draft"
    schedule: Schedule | None = None
    tags: Tags = msgspec.field(default_factory=Tags)
    offer: str | None = None
    owner: Words = ""


class Cost(_Part, frozen=True, kw_only=True):
    """What granting an offer once costs the business."""

    amount: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    currency: str


class Offer(_Part, frozen=True, kw_only=True):
    """Something offered on terms. A `shared` code is everybody's; `single` codes are given out one per person from a stock."""

    name: Name
    description: Text = ""
    kind: Literal["discount", "free_shipping", "instalments", "trial", "gift", "other"] = "other"
    terms: Text = ""
    codes: Literal["none", "shared", "single"] = "none"
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None
    audience: str | None = None
    cost: Cost | None = None
    valid: Schedule | None = None
    owner: Words = ""


class Campaign(_Part, frozen=True, kw_only=True):
    """Campaign parameters of the visit (utm_source and its like): each that is named must have one of its values."""

    source: Values = []
    medium: Values = []
    name: Values = []
    term: Values = []
    content: Values = []


class Page(_Part, frozen=True, kw_only=True):
    """Addresses of pages: `simple` with `*`, or a regular expression; or such addresses left out."""

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    type: Literal["simple", "regex"] = "simple"
    include: bool = True


class Context(_Part, frozen=True, kw_only=True):
    """What the visit must be like; what is not said is not looked at. `locales` hold by language or whole (`sv`, `sv-SE`)."""

    pages: Annotated[list[Page], msgspec.Meta(max_length=50)] = []
    referrers: Values = []
    campaign: Campaign = msgspec.field(default_factory=Campaign)
    devices: Values = []
    locales: Values = []
    visitor: Literal["new", "returning"] | None = None
    condition: dict[str, Any] | None = None


class Frequency(_Part, frozen=True, kw_only=True):
    """How often one person sees this experience at most."""

    most: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    per: Annotated[str, msgspec.Meta(max_length=40)] = "1 day"


class Variation(_Part, frozen=True, kw_only=True):
    """One way the experience is shown; without content it leaves the placement as it is. The weight is relative."""

    key: str
    name: Words = ""
    content: str | None = None
    weight: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 1.0


class Experience(_Part, frozen=True, kw_only=True):
    """Targeted content for a placement.

    Its variations are split by weight among those who are not held out; with `experiment` that experiment splits, and
    the variations have its keys. `purpose` is what the customer must have agreed to, beside personalisation where it is
    personal. `interrupts` says whether showing it is a contact (null: as its content's type does). `promise` is what the ad
    said that leads here.
    """

    name: Name
    description: Text = ""
    owner: Words = ""
    placement: str
    status: Literal["draft", "live", "paused", "archived"] = "draft"
    audience: str | None = None
    persona: str | None = None
    context: Context = msgspec.field(default_factory=Context)
    schedule: Schedule | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 50
    frequency: Frequency | None = None
    interrupts: bool | None = None
    variations: Annotated[list[Variation], msgspec.Meta(max_length=64)]
    experiment: str | None = None
    unit: Literal["device", "customer"] = "device"
    holdout: Share = 0.05
    purpose: Literal["analytics", "personalisation", "marketing", "sharing"] | None = None
    because: Words = ""
    promise: Words = ""
    goal: str | None = None
    map: str | None = None
    stage: str | None = None
    touchpoint: str | None = None
    friction: Words | None = None
    seed: Words = ""
