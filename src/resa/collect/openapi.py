"""The doors in the OpenAPI document: they are raw ASGI, so the framework does not describe them by itself."""

from __future__ import annotations

from typing import Any, Final

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)

from resa.collect.wire import MOST_BODY, MOST_EVENT

SECURITY: Final = {
    "writeKey": SecurityScheme(
        type="http",
        scheme="basic",
        description="The write key as user name, no password. It may also stand in the body (writeKey, api_key, token), "
        "in the address (?writeKey=) or in X-Write-Key.",
    )
}
"""To be added to the document's security schemes."""

_STRING: Final = OpenAPIType.STRING
_TEXT: Final = Schema(type=_STRING)
_FREE: Final = Schema(type=OpenAPIType.OBJECT, additional_properties=True)


def _said(meaning: str) -> Schema:
    """A property in words only: an odd value is no error of the request, the event fails by itself (200, `failed`)."""
    return Schema(description=meaning)


_ID: Final = _said("Text of at most 512 characters, or a number, which counts as its text.")
_TIME: Final = _said("ISO 8601, such as 2026-11-21T10:00:00.000Z.")
_NAME: Final = _said("Text.")
_OBJECT: Final = _said("An object.")

_COMMON: Final = {
    "messageId": _said("Text; the same for a retry: it lands once."),
    "userId": _ID,
    "anonymousId": _ID,
    "timestamp": _TIME,
    "sentAt": _TIME,
    "context": _OBJECT,
    "writeKey": _NAME,
}

_OWN: Final[dict[str, tuple[str, dict[str, Schema]]]] = {
    "track": ("A customer did something", {"event": _NAME, "properties": _OBJECT}),
    "identify": ("Who a customer is, and their traits", {"traits": _OBJECT}),
    "page": ("A customer saw a page", {"name": _NAME, "category": _NAME, "properties": _OBJECT}),
    "screen": ("A customer saw a screen of an app", {"name": _NAME, "category": _NAME, "properties": _OBJECT}),
    "group": ("A customer belongs to a group", {"groupId": _ID, "traits": _OBJECT}),
    "alias": ("Two identifiers are the same customer", {"previousId": _ID}),
}

_ANSWER: Final = Schema(
    type=OpenAPIType.OBJECT,
    required=["success", "accepted", "failed"],
    properties={
        "success": Schema(type=OpenAPIType.BOOLEAN),
        "accepted": Schema(type=OpenAPIType.INTEGER),
        "failed": Schema(
            type=OpenAPIType.ARRAY,
            items=Schema(
                type=OpenAPIType.OBJECT,
                properties={
                    "index": Schema(type=OpenAPIType.INTEGER),
                    "field": _TEXT,
                    "value": Schema(),
                    "rule": _TEXT,
                    "remedy": _TEXT,
                },
            ),
        ),
    },
)
_ERROR: Final = Schema(
    type=OpenAPIType.OBJECT, required=["code", "message"], properties={"code": _TEXT, "message": _TEXT}
)

_REFUSALS: Final = {
    "400": "The body can't be read.",
    "401": "No write key, or none that is in force.",
    "403": "This write key may not do this.",
    "404": "There is nothing at this path.",
    "405": "Another method is possible here.",
    "408": "The body did not come in time.",
    "413": f"The body has more than {MOST_BODY} bytes.",
    "429": "A server sends more than can be taken; Retry-After says when to try again.",
    "503": "More arrives than can be taken; Retry-After says when to try again.",
}


def paths() -> dict[str, PathItem]:
    """The path items of the doors, to be merged into the document."""
    items = {f"/v1/{kind}": PathItem(post=_single(kind)) for kind in _OWN}
    items["/v1/batch"] = PathItem(post=_batch("batch", "Many events at once"))
    items["/v1/import"] = PathItem(post=_batch("import", "Many old events at once; server keys only"))
    items["/v1/decide"] = PathItem(post=_decide())
    items["/v1/projects/{write_key}/settings"] = PathItem(get=_settings())
    return items


def _single(kind: str) -> Operation:
    summary, own = _OWN[kind]
    schema = Schema(type=OpenAPIType.OBJECT, properties={**_COMMON, **own})
    described = f"{summary}. An event may have {MOST_EVENT} bytes."
    return _operation(kind, summary, described, schema)


def _batch(name: str, summary: str) -> Operation:
    merged: dict[str, Schema] = {key: value for _, own in _OWN.values() for key, value in own.items()}
    event = Schema(properties={"type": _said(f"One of {', '.join(_OWN)}."), **_COMMON, **merged})
    schema = Schema(
        type=OpenAPIType.OBJECT,
        required=["batch"],
        properties={
            "batch": Schema(type=OpenAPIType.ARRAY, items=event),
            "sentAt": _TIME,
            "context": _OBJECT,
            "writeKey": _NAME,
        },
    )
    described = f"{summary}. A body may have {MOST_BODY} bytes, gzip or not; a bad event fails alone and is named in the answer."
    return _operation(name, summary, described, schema)


def _operation(name: str, summary: str, description: str, schema: Schema) -> Operation:
    return Operation(
        tags=["collect"],
        operation_id=f"collect_{name}",
        summary=summary,
        description=description,
        security=[{"writeKey": []}],
        request_body=RequestBody(content=_json(schema), required=True),
        responses={
            "200": OpenAPIResponse(description="Durable; what failed is named.", content=_json(_ANSWER)),
            **_refusals(),
        },
    )


_DECISION: Final = Schema(
    type=OpenAPIType.OBJECT,
    required=["placement", "id", "experience", "content", "variation", "experiment", "reason", "probability", "token"],
    properties={
        "placement": _TEXT,
        "id": _TEXT,
        "experience": _said("Key of the experience that is shown, or null."),
        "content": _said("What to show: key, type, body and language; or null."),
        "variation": _said("Key of its variation, or null."),
        "experiment": _said("Key of the experiment that decided, or null."),
        "reason": Schema(type=OpenAPIType.OBJECT, properties={"code": _TEXT, "text": _TEXT}),
        "probability": _said("With which probability this was chosen, or null."),
        "token": _said("Proof of the decision, to be sent back as `decision` with exposures; or null."),
        "where": _said("Selector and position of a placement that was chosen on the page, or null."),
    },
)


def _decide() -> Operation:
    asked: dict[str, Schema | Reference] = {
        "anonymousId": _ID,
        "userId": _ID,
        "groupId": _ID,
        "identityToken": _said("Proof of the user id, where the source heeds it."),
        "placements": _said("Keys of placements, at most 50; true for all of the channel web."),
        "flags": _said("Keys of flags; true for all."),
        "context": _OBJECT,
        "attributes": _OBJECT,
        "writeKey": _NAME,
    }
    answer = Schema(
        type=OpenAPIType.OBJECT,
        required=["success", "decisions", "flags", "ttl"],
        properties={
            "success": Schema(type=OpenAPIType.BOOLEAN),
            "decisions": Schema(type=OpenAPIType.ARRAY, items=_DECISION),
            "flags": _FREE,
            "ttl": Schema(type=OpenAPIType.INTEGER),
        },
    )
    described = "One decision per placement, always: where nothing fits or something fails, the default and why."
    return Operation(
        tags=["collect"],
        operation_id="collect_decide",
        summary="What somebody sees at each placement",
        description=described,
        security=[{"writeKey": []}],
        request_body=RequestBody(content=_json(Schema(type=OpenAPIType.OBJECT, properties=asked)), required=True),
        responses={"200": OpenAPIResponse(description="Decided.", content=_json(answer)), **_refusals()},
    )


def _settings() -> Operation:
    key = Parameter(name="write_key", param_in="path", required=True, schema=_TEXT)
    answer = OpenAPIResponse(description="Where and how to send.", content=_json(_FREE))
    return Operation(
        tags=["collect"],
        operation_id="collect_settings",
        summary="The settings document a browser SDK fetches first",
        parameters=[key],
        security=[],
        responses={"200": answer, **{status: _refusals()[status] for status in ("404", "405")}},
    )


def _refusals() -> dict[str, Any]:
    return {
        status: OpenAPIResponse(description=meaning, content=_json(_ERROR)) for status, meaning in _REFUSALS.items()
    }


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": OpenAPIMediaType(schema=schema)}
