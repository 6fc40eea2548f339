"""The OpenFeature Remote Evaluation Protocol 0.3.0: one flag, all flags, a stream of changes; and a way to track.

The key is a source's write key, as `X-API-Key` or bearer token; the event stream takes it in its address. `targetingKey` is the
attribute `id`. A single evaluation counts as an exposure, for then a program asks because it is about to show it; a client that
fetches all flags tells what it showed by `track`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from resa.experiments import exposures
from resa.experiments.definition import Flag, Force, Ramp, Run
from resa.experiments.engine import Asking, FeatureResult, assignment
from resa.experiments.foreign import JSON, Answer, Call, Gate, Place, json, member, read
from resa.experiments.programme import Compiled
from resa.kernel.errors import Refused

FLAGS: Final = "/ofrep/v1/evaluate/flags"
EVENTS: Final = "/ofrep/v1/events"
TRACK: Final = "/ofrep/v1/track"


class Ofrep:
    """The handlers of one workspace."""

    def __init__(self, gate: Gate) -> None:
        """Answering through `gate`."""
        self._gate = gate
        self._delivery = gate.delivery
        self._tasks: set[asyncio.Task[None]] = set()
        gate.add(
            Place("POST", FLAGS, self.all),
            Place("POST", f"{FLAGS}/", self.one),
            Place("GET", EVENTS, self.events),
            Place("POST", TRACK, self.track),
        )

    async def one(self, call: Call) -> Answer:
        """One flag for one customer."""
        key = unquote(call.path[len(FLAGS) + 1 :])
        try:
            context = _context(call.body)
        except Refused as refused:
            return json({"key": key, "errorCode": "PARSE_ERROR", "errorDetails": refused.message}, 400)
        now = await self._gate.programme()
        flag = now.world.flags.get(key)
        if flag is None:
            said = {"key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": f"There is no flag {key!r}."}
            return json(said, 404)
        found = await asyncio.to_thread(self._evaluate, key, context, call, now)
        answer = evaluated(key, flag, found)
        if "errorCode" in answer:
            return json(answer, 400)
        if found.result is not None and found.result.hash_used:
            token = await asyncio.to_thread(self._token, found, context, call)
            self._expose(call, context, found, token)
        return json(answer)

    async def all(self, call: Call) -> Answer:
        """All flags for one customer, with an ETag of flags and customer."""
        try:
            context = _context(call.body)
        except Refused as refused:
            return json({"errorCode": "PARSE_ERROR", "errorDetails": refused.message}, 400)
        flags = await asyncio.to_thread(self._evaluate_all, context, call)
        stream = {
            "type": "sse",
            "endpoint": {"requestUri": f"{EVENTS}?key={quote(call.source.write_key)}"},
            "inactivityDelaySec": 120,
        }
        body = msgspec.json.encode({"flags": flags, "metadata": {}, "eventStreams": [stream]})
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        headers = [JSON, (b"etag", etag.encode()), (b"cache-control", b"no-cache")]
        return Answer(b"", 304, headers) if etag in call.match() else Answer(body, 200, headers)

    async def events(self, call: Call) -> Answer:
        """A stream that says when to fetch again."""
        return self._gate.streamed(call, lambda now: now.full.etag, _event, at_once=False)

    async def track(self, call: Call) -> Answer:
        """What a customer did, or was shown (`flag`): the standard has no such call yet."""
        body = read(call.body)
        attributes = _attributes(member(body, "context"))
        item: dict[str, Any] = {"type": "track", **_who(attributes)}
        if isinstance(body.get("flag"), str):
            now = await self._gate.programme()
            found = await asyncio.to_thread(self._evaluate, body["flag"], attributes, call, now)
            if found.result is None or not found.result.hash_used:
                return json({"success": True, "accepted": 0, "failed": []})
            token = await asyncio.to_thread(self._token, found, attributes, call)
            item |= {"event": exposures.NAME, "properties": self._properties(found, token)}
            item["context"] = _visited(attributes)
        else:
            details = member(body, "trackingEventDetails")
            item |= {"event": body.get("trackingEventName"), "properties": details}
            if "value" in details and "revenue" not in details:
                item["properties"] = {**details, "revenue": details["value"]}
        return Answer(await self._gate.take(call, [item]), 200, [JSON])

    # -- inside --------------------------------------------------------------------------------------------------

    def _asking(self, attributes: Mapping[str, Any], call: Call) -> Asking:
        return self._delivery.asking(attributes, verified=call.verified, url=str(attributes.get("url") or ""))

    def _evaluate(self, key: str, attributes: dict[str, Any], call: Call, now: Compiled) -> FeatureResult:
        return now.full.engine.ask(key, self._asking(attributes, call))

    def _evaluate_all(self, attributes: dict[str, Any], call: Call) -> list[dict[str, Any]]:
        now = self._delivery.programme.current()
        asking = self._asking(attributes, call)
        return [evaluated(key, flag, now.full.engine.ask(key, asking)) for key, flag in now.world.flags.items()]

    def _token(self, found: FeatureResult, attributes: Mapping[str, Any], call: Call) -> str | None:
        """The assignment, signed, where it was drawn in a context: the door can't look up again what a caller said of itself."""
        result, experiment = found.result, found.experiment or {}
        if result is None or result.bandit is None:
            return None
        programme = self._delivery.programme
        assigned = programme.assign(str(experiment.get("key")), self._asking(attributes, call))
        return programme.token(assigned) if assigned is not None and assigned.variation == result.key else None

    def _properties(self, found: FeatureResult, token: str | None) -> dict[str, Any]:
        result, experiment = found.result, found.experiment or {}
        assert result is not None
        return {
            **({} if token is None else {"decision": token}),
            "experiment": experiment.get("key"),
            "variation": result.key,
            "hashAttribute": result.hash_attribute,
            "hashValue": assignment.text_of(result.hash_value),
            "via": "ofrep",
        }

    def _expose(self, call: Call, attributes: Mapping[str, Any], found: FeatureResult, token: str | None) -> None:
        """Log an exposure after the answer: it waits for nobody's disk."""
        item = {
            "type": "track",
            "event": exposures.NAME,
            "properties": self._properties(found, token),
            "context": _visited(attributes),
            **_who(attributes),
        }
        task = asyncio.get_running_loop().create_task(self._logged(call, item))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, call: Call, item: dict[str, Any]) -> None:
        await self._gate.take(call, [item])


def _event(now: Compiled) -> bytes:
    said = {"type": "refetchEvaluation", "etag": now.full.etag, "lastModified": now.changed // 1000}
    return b"id: %b\nevent: message\ndata: %b\n\n" % (now.full.etag.encode(), msgspec.json.encode(said))


def evaluated(key: str, flag: Flag, found: FeatureResult) -> dict[str, Any]:
    """A flag's value in the words of the protocol."""
    if found.source == "cyclicPrerequisite":
        return {"key": key, "value": _typed(flag, found.value), "variant": "default", "reason": "ERROR",
                "metadata": {"error": "Its prerequisites lead back to it."}}  # fmt: skip
    if found.source in ("prerequisite", "unknownFeature"):
        return {"key": key, "errorCode": "GENERAL", "errorDetails": f"The flag can't be evaluated: {found.source}."}
    variant, reason = _variant(flag, found)
    metadata: dict[str, Any] = {"rule": found.rule} if found.rule else {}
    if found.result is not None and found.experiment is not None:
        metadata["experiment"] = str(found.experiment["key"])
        metadata["phase"] = str(found.experiment.get("phase", ""))
        if found.result.bandit is not None:
            metadata["leaf"] = found.result.bandit["leafId"]
    return {"key": key, "value": _typed(flag, found.value), "variant": variant, "reason": reason, "metadata": metadata}


def _variant(flag: Flag, found: FeatureResult) -> tuple[str, str]:
    if found.result is not None:
        return found.result.key, "SPLIT"
    if found.source == "force":
        return found.rule, "TARGETING_MATCH"
    return "default", ("DEFAULT" if flag.rules else "STATIC")


def _typed(flag: Flag, value: Any) -> Any:
    """A number as all numbers of its flag are: with a point if one of them has a fraction, so that clients see one type."""
    if flag.type == "number" and not all(float(each).is_integer() for each in _numbers(flag)):
        return float(value)
    return value


def _numbers(flag: Flag) -> list[float]:
    found = [flag.default]
    for rule in flag.rules:
        if isinstance(rule.then, Run):
            found += rule.then.values.values()
        elif isinstance(rule.then, Force | Ramp):
            found.append(rule.then.value)
    return found


def _context(body: bytes) -> dict[str, Any]:
    return _attributes(member(read(body), "context"))


def _attributes(context: Mapping[str, Any]) -> dict[str, Any]:
    key = context.get("targetingKey")
    return {"id": key, **context} if key is not None else dict(context)


def _visited(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What attributes say of the visit, as an event's context does: so the log knows what was decided by."""
    found = {name: value for name, value in attributes.items() if isinstance(value, str)}
    campaign = {
        name: found[attribute]
        for name, attribute in (("source", "utmSource"), ("medium", "utmMedium"), ("name", "utmCampaign"))
        if attribute in found
    }
    context: dict[str, Any] = {name: found[name] for name in ("locale", "userAgent") if name in found}
    if "deviceType" in found:
        context["device"] = {"type": found["deviceType"]}
    if "os" in found:
        context["os"] = {"name": found["os"]}
    return context | ({"campaign": campaign} if campaign else {})


def _who(attributes: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "anonymousId": attributes.get("id"),
        "userId": attributes.get("userId"),
        "groupId": attributes.get("groupId"),
    }
    return {name: text for name, value in found.items() if (text := assignment.text_of(value))}
