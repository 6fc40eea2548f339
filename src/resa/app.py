"""The slices become one ASGI application."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from resa import answers, brand, experiences, journeys, openapi, operations, web, work_routes
from resa.access import guards, headers
from resa.access import routes as access
from resa.analytics import goals, goals_routes, metrics_routes, saved
from resa.analytics import questions_routes as questions
from resa.analytics import routes as analytics
from resa.brand import routes as brand_routes
from resa.channels import email
from resa.channels.email import routes as email_routes
from resa.collect import routes as collect
from resa.collect.doors import Doors
from resa.collect.imports import routes as imports
from resa.customers import routes as customers
from resa.customers import segments
from resa.experiences import routes as experience_routes
from resa.experiments import Delivery, bandits, flags_routes, foreign, growthbook, ideas, ofrep
from resa.experiments import routes as experiment_routes
from resa.experiments.bandits import routes as bandit_routes
from resa.experiments.ideas import routes as idea_routes
from resa.experiments.results import Guardrails, Readouts
from resa.experiments.results import routes as result_routes
from resa.feedback import asking, loops, responses, scores, themes
from resa.feedback.asking import routes as asking_routes
from resa.feedback.loops import routes as loop_routes
from resa.feedback.responses import hosted
from resa.feedback.responses import routes as response_routes
from resa.feedback.reviews import routes as review_routes
from resa.feedback.scores import routes as score_routes
from resa.feedback.surveys import routes as survey_routes
from resa.feedback.themes import routes as theme_routes
from resa.feedback.themes.language_model import routes as language_model_routes
from resa.journeys import friction
from resa.journeys import routes as journey_routes
from resa.journeys.attribution import routes as attribution
from resa.journeys.friction import on_maps, on_scores
from resa.journeys.friction import routes as friction_routes
from resa.kernel.metrics import Metrics
from resa.kernel.workspace import Workspace
from resa.predictions import personas
from resa.predictions.personas import routes as persona_routes
from resa.predictions.personas import searches_routes as persona_searches


def create(workspace: Workspace) -> Litestar:
    """The whole application over an open workspace."""
    workspace.state.create_missing()
    journeys.ensure_default(workspace)
    goals.register(workspace)
    brand.register(workspace)
    mail = email.registered(workspace)
    saved.register(workspace)
    friction.register(workspace)
    delivery = Delivery(workspace)
    readouts = Readouts(workspace, Metrics(workspace))
    delivery.ramps.guard = Guardrails(workspace, readouts)
    learners = bandits.register(workspace, readouts, delivery.lifecycle)
    delivery.besides.append(learners.due)
    ideas.register(workspace)
    doors = Doors(workspace)
    gate = foreign.Gate(delivery, doors)
    growthbook.GrowthBook(gate)
    ofrep.Ofrep(gate)
    deciding = experiences.register(workspace, delivery)
    doors.segment.decider = deciding
    members = personas.register(workspace)
    answering = responses.register(workspace)
    pages = foreign.Gate(delivery, doors)
    surveys = asking.register(workspace, deciding, answering.responses, pages, mail)
    comments = themes.register(workspace)
    closing = loops.register(workspace, mail)
    maps = journey_routes.Warming()
    results = scores.register(workspace, lambda: on_scores.offered(workspace, app.state))
    app = Litestar(
        route_handlers=[
            *access.routes,
            *collect.routes,
            *imports.routes,
            *customers.routes,
            Router(
                path="/",
                middleware=[work_routes.Asked()],
                route_handlers=[
                    *segments.routes,
                    *journey_routes.routes,
                    *attribution.routes,
                    *friction_routes.routes,
                    *analytics.routes,
                    *questions.routes,
                    *metrics_routes.routes,
                    *goals_routes.routes,
                    *persona_routes.routes,
                    *theme_routes.routes,
                    *language_model_routes.routes,
                    *idea_routes.routes,
                    *result_routes.routes,
                    *bandit_routes.routes,
                    *score_routes.routes,
                    *loop_routes.routes,
                    *review_routes.routes,
                ],
            ),
            *experiment_routes.routes,
            *flags_routes.routes,
            *experience_routes.routes,
            *survey_routes.routes,
            *brand_routes.routes,
            *email_routes.routes,
            *response_routes.routes,
            *asking_routes.routes,
            *hosted.routes,
            *work_routes.routes,
            *operations.routes,
            *web.routes,
        ],
        dependencies={
            "workspace": Provide(lambda: workspace, sync_to_thread=False),
            "doors": Provide(lambda: doors, sync_to_thread=False),
            "delivery": Provide(lambda: delivery, sync_to_thread=False),
            "readouts": Provide(lambda: readouts, sync_to_thread=False),
            "deciding": Provide(lambda: deciding, sync_to_thread=False),
            "email": Provide(lambda: mail, sync_to_thread=False),
            "bandits": Provide(lambda: learners, sync_to_thread=False),
            "personas": Provide(lambda: members, sync_to_thread=False),
            "responses": Provide(lambda: answering.responses, sync_to_thread=False),
            "asking": Provide(lambda: surveys, sync_to_thread=False),
            "desk": Provide(lambda: answering.desk, sync_to_thread=False),
            "deeper": Provide(lambda: results, sync_to_thread=False),
            "loops": Provide(lambda: closing, sync_to_thread=False),
            "comments": Provide(lambda: comments, sync_to_thread=False),
        },
        exception_handlers=answers.HANDLERS,
        before_send=[headers.SecurityHeaders(workspace.settings.public_url)],
        request_class=answers.Asked,
        openapi_config=openapi.config(),
        plugins=[openapi.Closed()],
        logging_config=None,  # who starts the server decides what is logged where
        on_startup=[
            doors.start,
            delivery.start,
            mail.start,
            imports.recover,
            persona_searches.recover,
            theme_routes.recover,
            maps.start,
            answering.keeper.start,
            closing.sending.start,
            surveys.start,
        ],
        on_shutdown=[
            closing.sending.stop,
            deciding.stop,
            surveys.stop,
            mail.stop,
            answering.keeper.stop,
            doors.stop,
            imports.close,
            persona_searches.close,
            theme_routes.close,
            maps.stop,
            delivery.stop,
            workspace.close,
        ],
        state=State(
            {"workspace": workspace, "delivery": delivery, "doors": doors, "asking": surveys, "comments": comments}
        ),
    )
    on_maps.offer(workspace, app.state)
    guards.closed(app)
    openapi.describe(app)
    routed = doors.around(gate.around(maps.around(app.asgi_handler)))  # the hot paths never meet the router
    app.asgi_handler = pages.around(routed)
    return app
