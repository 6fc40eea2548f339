"""GrowthBook's API for SDKs: payload, updates as they happen, evaluation on the server, exposures.

`/api/features/<client key>`, `/sub/<client key>`, `/api/eval/<client key>` and `/track`; the client key is a source's write key.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from resa.collect.sources import Source
from resa.experiments import exposures
from resa.experiments.engine import ExperimentResult, FeatureResult, encryption
from resa.experiments.foreign import JSON, Answer, Call, Gate, Place, json, member, read
from resa.experiments.programme import Compiled
from resa.kernel import times
from resa.kernel.errors import Refused

SSE: Final = (b"x-sse-support", b"enabled")
EVALUATED: Final = "Feature Evaluated"
"""An SDK tells of every evaluation by this; nothing is learned from it that exposures don't say."""
MOST_EVENTS: Final = 500


class GrowthBook:
    """The handlers of one workspace."""

    def __init__(self, gate: Gate) -> None:
        """Answering through `gate`."""
        self._gate = gate
        self._delivery = gate.delivery
        self._texts: dict[str, tuple[str, bytes]] = {}
        """The payload as it is handed out, by source ("" for all that are not encrypted), with its mark."""
        gate.add(
            Place("GET", "/api/features/", self.features, key_in_path=True),
            Place("GET", "/sub/", self.subscribe, key_in_path=True),
            Place("POST", "/api/eval/", self.evaluate, key_in_path=True),
            Place("POST", "/track", self.track),
        )

    async def features(self, call: Call) -> Answer:
        """What everybody may have: public flags and experiments on pages."""
        now = await self._gate.programme()
        etag = f'"{_mark(now, call.source)}"'
        headers = [JSON, (b"etag", etag.encode()), (b"cache-control", b"no-cache"), SSE]
        if etag in call.match():
            return Answer(b"", 304, headers)
        return Answer(self._payload(now, call.source), 200, headers)

    async def subscribe(self, call: Call) -> Answer:
        """The payload again whenever it changes."""
        return self._gate.streamed(
            call,
            lambda now: _mark(now, self._source(call)),
            lambda now: b"event: features\ndata: " + self._payload(now, self._source(call)) + b"\n\n",
            at_once=False,
        )

    async def evaluate(self, call: Call) -> Answer:
        """All flags with their values for one customer, whose rules stay on the server."""
        body = read(call.body)
        return json(await asyncio.to_thread(self._evaluated, call, body))

    async def track(self, call: Call) -> Answer:
        """Exposures and events of GrowthBook's plugin."""
        items = [item for said in _events(call.body) if (item := _item(said)) is not None]
        if not items:
            return json({"success": True, "accepted": 0, "failed": []})
        return Answer(await self._gate.take(call, items), 200, [JSON])

    def _source(self, call: Call) -> Source:
        """The source of a stream as it is now: its key may have changed since the stream began."""
        return self._gate.doors.sources.find(call.source.write_key) or call.source

    def _payload(self, now: Compiled, source: Source) -> bytes:
        key = source.payload_key
        whose, mark = source.key if key is not None else "", _mark(now, source)
        known, text = self._texts.get(whose, ("", b""))
        if known != mark:
            said = now.public.payload if key is None else _encrypted(now.public.payload, key)
            text = msgspec.json.encode({"status": 200, **said, "dateUpdated": times.iso(now.changed)})
            self._texts[whose] = (mark, text)
        return text

    def _evaluated(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        attributes, forced = member(body, "attributes"), body.get("forcedFeatures")
        pairs = forced if isinstance(forced, list) else list(forced.items()) if isinstance(forced, dict) else []
        chosen = {key: index for key, index in member(body, "forcedVariations").items() if isinstance(index, int)}
        tracked: list[dict[str, Any]] = []
        asking = self._delivery.asking(
            attributes,
            verified=call.verified,
            url=str(body.get("url") or ""),
            exposed=lambda experiment, result: tracked.append(_track(experiment, result)),
            forced_variations=chosen,
            forced_features={
                str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2
            },
        )
        now = self._delivery.programme.current()
        features: dict[str, Any] = {}
        for key in now.full.engine.keys:
            tracked.clear()
            features[key] = _resolved(now.full.engine.ask(key, asking), list(tracked))
        return {
            "status": 200,
            "features": features,
            "experiments": now.public.payload["experiments"] if call.source.payload_key is None else [],
            "savedGroups": {},
            "contextualBandits": {},
            "dateUpdated": times.iso(now.changed),
        }


def _mark(now: Compiled, source: Source) -> str:
    """What tells a payload as a source gets it from others."""
    if source.payload_key is None:
        return now.public.etag
    return hashlib.sha256(f"{now.public.etag} {source.payload_key}".encode()).hexdigest()[:24]


def _encrypted(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A payload for who has the key: `features` is there and empty, for some SDKs look for it."""
    sealed = {
        f"encrypted{name[0].upper()}{name[1:]}": encryption.encrypt(msgspec.json.encode(part).decode(), key)
        for name, part in payload.items()
    }
    return {"features": {}, "experiments": [], **sealed}


def _resolved(found: FeatureResult, tracked: list[dict[str, Any]]) -> dict[str, Any]:
    """A flag as a client needs it that evaluates nothing itself; `tracks` are the exposures it fires on use."""
    if not tracked:
        return {"defaultValue": found.value}
    return {"defaultValue": found.value, "rules": [{"force": found.value, "tracks": tracked}]}


def _track(experiment: Mapping[str, Any], result: ExperimentResult) -> dict[str, Any]:
    told = ("key", "phase", "hashAttribute", "contextualBandit")
    shown = {name: experiment[name] for name in told if name in experiment}
    return {
        "experiment": {**shown, "variations": list(range(len(experiment.get("variations", ()))))},
        "result": {
            "inExperiment": result.in_experiment,
            "variationId": result.variation,
            "key": result.key,
            "value": result.value,
            "hashUsed": result.hash_used,
            "hashAttribute": result.hash_attribute,
            "hashValue": result.hash_value,
            "featureId": result.feature,
            "bucket": result.bucket,
            "stickyBucketUsed": result.sticky_used,
            **(result.bandit or {}),
        },
    }


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(body or b"[]")
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refused("body", None, "this is no JSON.", "Send a list of events.") from None
    events = found if isinstance(found, list) else [found]
    if len(events) > MOST_EVENTS:
        raise Refused("body", len(events), f"at most {MOST_EVENTS} events are taken at once.", "Send fewer.")
    return [each for each in events if isinstance(each, dict)]


def _item(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """An event of the plugin as a `track` call."""
    name = said.get("event_name")
    if not isinstance(name, str) or name == EVALUATED:
        return None
    properties = _properties(said.get("properties_json"))
    device, user = said.get("device_id"), said.get("user_id")
    if name == exposures.NAME:
        properties["via"] = "growthbook"
        if not device and properties.get("hashAttribute") in (None, "id"):
            device = properties.get("hashValue")
        if not user and properties.get("hashAttribute") == "userId":
            user = _properties(said.get("context_json")).get("userId") or properties.get("hashValue")
    item: dict[str, Any] = {"type": "track", "event": name, "properties": properties, "context": _context(said)}
    if device:
        item["anonymousId"] = str(device)
    if user:
        item["userId"] = str(user)
    return item


def _properties(said: object) -> dict[str, Any]:
    if isinstance(said, str):
        try:
            said = msgspec.json.decode(said)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return dict(said) if isinstance(said, dict) else {}


def _context(said: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {}
    url = said.get("url")
    if isinstance(url, str) and url:
        try:
            context["page"] = {"url": url, "path": urlsplit(url).path or "/"}
        except ValueError:
            context["page"] = {"url": url}
    campaign = {
        name: said[f"utm_{field}"]
        for name, field in (("source", "source"), ("medium", "medium"), ("name", "campaign"))
        if isinstance(said.get(f"utm_{field}"), str)
    }
    return context | ({"campaign": campaign} if campaign else {})
