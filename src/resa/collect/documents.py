"""The settings documents browser SDKs fetch first; without one they never send an event."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from resa.collect.requests import Headers, Scope
from resa.collect.sources import Source
from resa.settings import Settings

_SETTINGS: Final = re.compile(r"/v1/projects/([^/]{1,512})/settings/?")


RUDDER: Final = "/sourceConfig"

_PATIENCE: Final = {
    "rateLimitConfig": {"maxRetryCount": 100},
    "backoffConfig": {"maxRetryCount": 100, "maxBackoffInterval": 30},
}
"""For @segment/analytics-next: left to itself it gives up after ten attempts, and a long burst asks for more."""


def is_document(path: str) -> bool:
    """Whether a path leads to a settings document."""
    return path.rstrip("/") == RUDDER or settings_key(path) is not None


def settings_key(path: str) -> str | None:
    """The write key in the path of Segment's settings document; None for another path."""
    found = _SETTINGS.fullmatch(path)
    return unquote(found[1]) if found else None


def public_host(settings: Settings, scope: Scope, found: Headers) -> str:
    """`https://host[:port]` under which the browser reaches this server."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = found.host.decode("latin-1") if found.host else f"{settings.host}:{settings.port}"
    return f"{scope.get('scheme', 'http')}://{host}"


def segment(source: Source, host: str) -> dict[str, Any]:
    """For @segment/analytics-next: where to send. More integrations would make it load bundles from elsewhere."""
    address = urlsplit(host)
    integration = {
        "apiKey": source.write_key,
        "apiHost": f"{address.netloc}{address.path}/v1",
        "protocol": address.scheme,
        "unbundledIntegrations": [],
        "addBundledMetadata": False,
        "deliveryStrategy": {},
        "httpConfig": _PATIENCE,
    }
    return {
        "integrations": {"Segment.io": integration},
        "plan": {"track": {"__default": {"enabled": True}}, "identify": {"__default": {"enabled": True}}},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def rudder(source: Source, host: str) -> dict[str, Any]:
    """For @rudderstack/analytics-js: an enabled source without destinations."""
    quiet = {"enabled": False}
    return {
        "source": {
            "id": source.key,
            "name": source.name,
            "writeKey": source.write_key,
            "enabled": True,
            "workspaceId": "resa",
            "dataPlaneUrl": host,
            "config": {"statsCollection": {"errors": quiet, "metrics": quiet}},
            "destinations": [],
        },
        "consentManagementMetadata": None,
    }
