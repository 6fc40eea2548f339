"""The slices become one ASGI application."""

from __future__ import annotations

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from resa import answers, journeys, openapi, operations, web
from resa.access import guards, headers
from resa.access import routes as access
from resa.analytics import goals, goals_routes, metrics_routes, saved
from resa.analytics import questions_routes as questions
from resa.analytics import routes as analytics
from resa.collect import routes as collect
from resa.collect.doors import Doors
from resa.collect.imports import routes as imports
from resa.customers import routes as customers
from resa.customers import segments
from resa.journeys import friction
from resa.journeys import routes as journey_routes
from resa.journeys.attribution import routes as attribution
from resa.journeys.friction import on_maps
from resa.journeys.friction import routes as friction_routes
from resa.kernel.workspace import Workspace
from resa.predictions import personas
from resa.predictions.personas import routes as persona_routes


def create(workspace: Workspace) -> Litestar:
    """The whole application over an open workspace."""
    workspace.state.create_missing()
    journeys.ensure_default(workspace)
    goals.register(workspace)
    saved.register(workspace)
    friction.register(workspace)
    doors = Doors(workspace)
    members = personas.register(workspace)
    maps = journey_routes.Warming()
    app = Litestar(
        route_handlers=[
            *access.routes,
            *collect.routes,
            *imports.routes,
            *customers.routes,
            *segments.routes,
            *journey_routes.routes,
            *attribution.routes,
            *friction_routes.routes,
            *analytics.routes,
            *questions.routes,
            *metrics_routes.routes,
            *goals_routes.routes,
            *persona_routes.routes,
            *operations.routes,
            *web.routes,
        ],
        dependencies={
            "workspace": Provide(lambda: workspace, sync_to_thread=False),
            "doors": Provide(lambda: doors, sync_to_thread=False),
            "personas": Provide(lambda: members, sync_to_thread=False),
        },
        exception_handlers=answers.HANDLERS,
        before_send=[headers.SecurityHeaders(workspace.settings.public_url)],
        request_class=answers.Asked,
        openapi_config=openapi.config(),
        plugins=[openapi.Closed()],
        logging_config=None,  # who starts the server decides what is logged where
        on_startup=[doors.start, imports.recover, persona_routes.recover, maps.start],
        on_shutdown=[doors.stop, imports.close, persona_routes.close, maps.stop, workspace.close],
        state=State({"workspace": workspace}),
    )
    on_maps.offer(workspace, app.state)
    guards.closed(app)
    openapi.describe(app)
    app.asgi_handler = doors.around(app.asgi_handler)  # the hot paths never meet the router
    return app
