"""The document at /schema/openapi.json: what each handler's own words, guard and errors say about its route."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, Schema, SecurityRequirement, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from resa.access.guards import Requires
from resa.collect import openapi as doors


class Problem(msgspec.Struct, omit_defaults=True):
    """Why a call was refused; `code` is stable, the rest is for people."""

    code: str
    message: str
    field: str | None = None
    value: Any = None
    rule: str | None = None
    remedy: str | None = None


_REFUSALS: Final = {
    400: "Refused: names the field, the rule and what to do.",
    401: "Nobody known: no session, no valid key.",
    403: "Known, but without the scope or the CSRF token.",
    404: "There is no such thing.",
    409: "It changed meanwhile, or contradicts what is there.",
    413: "Too large; the message says how large it may be.",
    429: "Too many calls; `Retry-After` says when to try again.",
}


class _Complete(JsonRenderPlugin):
    """The document with the doors, which the framework does not know."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _with_doors(openapi_schema))


class Closed(OpenAPISchemaPlugin):
    """A struct that refuses unknown fields says so in the document."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether it is such a struct."""
        kind = field_definition.type_
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct) and _closed(kind)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The framework's own schema of it, closed."""
        others = (plugin for plugin in schema_creator.plugins if plugin is not self)
        framework = next(plugin for plugin in others if schema_creator.plugin_supports_field(plugin, field_definition))
        schema: Schema = framework.to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema


def _closed(kind: type[msgspec.Struct]) -> bool:
    return kind.__struct_config__.forbid_unknown_fields


def config() -> OpenAPIConfig:
    """Title, version, and the two ways to be somebody."""
    schemes: dict[str, SecurityScheme | Reference] = {
        **doors.SECURITY,
        "key": SecurityScheme(type="http", scheme="bearer", description="An API key, made under Settings, Keys."),
        "session": SecurityScheme(
            type="apiKey",
            name="resa",
            security_scheme_in="cookie",
            description="A person's session; to change something, send `csrf` of GET /api/session as X-CSRF-Token.",
        ),
    }
    return OpenAPIConfig(
        title="Resa",
        version=version("resa"),
        components=Components(security_schemes=schemes),
        render_plugins=[_Complete()],
    )


def document(app: Litestar) -> dict[str, Any]:
    """What a server answers at /schema/openapi.json."""
    return _with_doors(app.openapi_schema.to_schema())


def describe(app: Litestar) -> None:
    """Give every route of the document its summary, tag, scope and refusals. Once, before the document is asked for."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.resolve_include_in_schema():
                    _describe(handler)


def function(handler: HTTPRouteHandler) -> Any:
    """The function a handler was made of, also where the framework runs it in a thread."""
    made_of: Any = handler.fn
    while hasattr(made_of, "func"):  # wrapped anew by each router above
        made_of = made_of.func
    return made_of


def scope(handler: HTTPRouteHandler) -> str | None:
    """The scope a caller needs; "" for any person logged in, None for a public route."""
    guards = [guard for guard in handler.resolve_guards() if isinstance(guard, Requires)]
    return (guards[-1].scope or "") if guards else None


def _with_doors(document: dict[str, Any]) -> dict[str, Any]:
    described = {path: item.to_schema() for path, item in doors.paths().items()}
    complete: dict[str, Any] = _unions({**document, "paths": {**document["paths"], **described}})
    return complete


def _unions(part: Any) -> Any:
    """A union of types is `anyOf`: a whole number is a number too, which the framework's `oneOf` refuses."""
    if isinstance(part, dict):
        return {"anyOf" if name == "oneOf" else name: _unions(each) for name, each in part.items()}
    return [_unions(each) for each in part] if isinstance(part, list) else part


def _describe(handler: HTTPRouteHandler) -> None:
    made_of = function(handler)
    slice_ = made_of.__module__.split(".")[1]
    words = inspect.getdoc(made_of) or ""
    needed = scope(handler)
    handler.summary = words.split("\n\n")[0].replace("\n", " ")
    handler.description = words if needed is None else f"{words}\n\n{_needs(needed)}"
    handler.tags = handler.tags or [slice_]
    handler.operation_id = f"{slice_}_{made_of.__name__}"
    if needed is not None:
        handler.security = _security(needed)
    refusals = {
        status: ResponseSpec(Problem, generate_examples=False, description=meaning)
        for status, meaning in _REFUSALS.items()
    }
    handler.responses = refusals | dict(handler.responses or {})


def _needs(scope: str) -> str:
    return f"Needs the scope `{scope}`." if scope else "For people who are logged in, whatever their role."


def _security(scope: str) -> list[SecurityRequirement]:
    return [{"session": []}, {"key": [scope]}] if scope else [{"session": []}]
