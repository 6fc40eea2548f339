"""The slices become one ASGI application."""

from __future__ import annotations

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from resa.kernel.errors import ResaError
from resa.kernel.workspace import Workspace


def refuse(_request: Request[object, object, object], error: ResaError) -> Response[dict[str, object]]:
    """Answer an error of the caller with its own words."""
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else None
    return Response(error.body(), status_code=error.status, headers=headers)


def create(workspace: Workspace) -> Litestar:
    """The whole application over an open workspace."""
    from resa.access import routes as access

    return Litestar(
        route_handlers=[*access.routes],
        dependencies={"workspace": Provide(lambda: workspace, sync_to_thread=False)},
        exception_handlers={ResaError: refuse},
        openapi_config=OpenAPIConfig(title="Resa", version="1"),
        on_shutdown=[lambda: workspace.close()],
    )
