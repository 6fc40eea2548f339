"""The visit in which somebody asks: page, campaign, device, language; what targeting by context looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from resa.kernel.decisions import seen
from resa.kernel.events import Draft

CAMPAIGN: Final = ("source", "medium", "name", "term", "content")
_UTM: Final = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term"} | {
    "utm_content": "content"
}
_LONGEST: Final = 400


class Visit(msgspec.Struct, kw_only=True, frozen=True):
    """What is known of the moment. `attributes` are for conditions, in the names that flags use."""

    now: int
    url: str = ""
    referrer: str | None = None
    device: str | None = None
    locale: str | None = None
    campaign: Mapping[str, str] = {}
    returning: bool | None = None
    bot: bool = False
    attributes: Mapping[str, Any] = {}


def of(draft: Draft, context: Mapping[str, Any], told: Mapping[str, Any] | None, now: int) -> Visit:
    """The visit that an enriched context tells of. What the caller tells as attributes gives way to what is known."""
    url = (draft.page_url or draft.page_path or "")[:2_000]
    campaign = _campaign(context, url)
    known = {
        **seen(draft),
        "url": url,
        "timezone": context.get("timezone"),
        "utmSource": campaign.get("source"),
        "utmMedium": campaign.get("medium"),
        "utmCampaign": campaign.get("name"),
        "utmTerm": campaign.get("term"),
        "utmContent": campaign.get("content"),
    }
    return Visit(
        now=now,
        url=url,
        referrer=draft.referrer_kind,
        device=draft.device,
        locale=draft.locale,
        campaign=campaign,
        bot=draft.bot,
        attributes={**(told or {}), **{name: value for name, value in known.items() if value is not None}},
    )


def _campaign(context: Mapping[str, Any], url: str) -> dict[str, str]:
    """The campaign's parameters: as told, else from the page's address."""
    said = context.get("campaign")
    found = {name: said[name] for name in CAMPAIGN if isinstance(said.get(name), str)} if isinstance(said, dict) else {}
    if "utm_" in url:
        for name, values in parse_qs(_query(url), max_num_fields=100).items():
            if name in _UTM:
                found.setdefault(_UTM[name], values[0])
    return {name: value[:_LONGEST] for name, value in found.items()}


def _query(url: str) -> str:
    try:
        query = urlsplit(url).query
    except ValueError:
        return ""
    return query if query.count("&") < 100 else ""
