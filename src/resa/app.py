"""The slices become one ASGI application."""

from __future__ import annotations

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from resa import answers
from resa.access import guards, headers
from resa.access import routes as access
from resa.kernel.workspace import Workspace


def create(workspace: Workspace) -> Litestar:
    """The whole application over an open workspace."""
    app = Litestar(
        route_handlers=[*access.routes],
        dependencies={"workspace": Provide(lambda: workspace, sync_to_thread=False)},
        exception_handlers=answers.HANDLERS,
        before_send=[headers.SecurityHeaders(workspace.settings.public_url)],
        openapi_config=OpenAPIConfig(title="Resa", version="1", render_plugins=[JsonRenderPlugin()]),
        on_shutdown=[workspace.close],
        state=State({"workspace": workspace}),
    )
    guards.closed(app)
    return app
