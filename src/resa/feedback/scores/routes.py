"""The HTTP face of a survey's results: the score, by whom, by question, corrected, before the answer, drivers, worth, people."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter

from resa.access.guards import requires
from resa.feedback.scores.deeper import WORTH_DAYS, Deeper
from resa.feedback.scores.people import Side, Whose, people
from resa.feedback.scores.results import Interval, Questions
from resa.feedback.scores.shown import Before, Correction, Drivers, Groups, People, Score, SurveyRows, Worths
from resa.kernel import lens as lenses
from resa.kernel import periods, preferences
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace

From = Annotated[str | None, QueryParameter(name="from", description="Day or time it begins; default: 30 days before.")]
To = Annotated[
    str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
]
Channel = Annotated[str | None, QueryParameter(description="Only answers that came over this channel of events.")]
Of = Annotated[str | None, QueryParameter(description="`audience:<key>` or `persona:<key>`; default: everybody.")]
Compared = Annotated[
    str | None, QueryParameter(description="`previous`, `year`, `none` or two days as 2026-10-01..2026-11-01.")
]
Told = Annotated[
    str,
    QueryParameter(
        description="channel, language, version, stage, touchpoint, persona, audience, `audience:<a>,audience:<b>` or `property:<name>`."
    ),
]


def lens_of(
    workspace: NamedDependency[Workspace],
    start: From = None,
    end: To = None,
    channel: Channel = None,
    simulated: FromQuery[bool] = True,
    population: Of = None,
) -> Lens:
    """Which answers a request asks for. Raises Refused."""
    zone, now = preferences.zone(workspace.state), workspace.clock()
    return lenses.read(start, end, zone, now, channel=channel, simulated=simulated, population=population or None)


@get("/api/survey-results", sync_to_thread=True, guards=[requires("read")])
def list_survey_results(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
) -> SurveyRows:
    """Every survey that is defined or was answered in the period, with its score: the most answered first."""
    return deeper.results.surveys(lens)


@get("/api/survey-results/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_survey_results(
    workspace: NamedDependency[Workspace],
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
    compare: Compared = "previous",
    interval: FromQuery[Interval | None] = None,
) -> Score:
    """A survey's score with its interval, against another period, over time, its distribution, and how many of those asked answered."""
    zone = preferences.zone(workspace.state)
    return deeper.results.score(key, lens, periods.compared(compare, lens.period, zone), interval)


@get("/api/survey-results/{key:str}/groups", sync_to_thread=True, guards=[requires("read")])
def list_survey_groups(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
    by: Told,
) -> Groups:
    """The score by stage, touchpoint, persona, audience, channel, language or any property, each against all the others."""
    return deeper.results.groups(key, lens, by)


@get("/api/survey-results/{key:str}/questions", sync_to_thread=True, guards=[requires("read")])
def list_survey_question_results(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
) -> Questions:
    """Every question's answers with intervals, how many responses went to the end, and after which question the others stopped."""
    return deeper.results.questions(key, lens)


@get("/api/survey-results/{key:str}/corrected", sync_to_thread=True, guards=[requires("read")])
def get_corrected_score(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
) -> Correction:
    """The score as it would be had everybody answered who was asked, as far as behaviour before the asking tells; or why not."""
    return deeper.corrected(key, lens)


@get("/api/survey-results/{key:str}/before", sync_to_thread=True, guards=[requires("read")])
def get_before_answers(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
) -> Before:
    """What customers did, and which friction they met, in the 30 minutes and 7 days before a bad answer and before a good one."""
    return deeper.before(key, lens)


@get("/api/survey-results/{key:str}/drivers", sync_to_thread=True, guards=[requires("read")])
def get_score_drivers(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
) -> Drivers:
    """What goes with the score and how much of it each accounts for. Association: an experiment tells what moves it."""
    return deeper.drivers(key, lens)


@get("/api/survey-results/{key:str}/worth", sync_to_thread=True, guards=[requires("read")])
def get_worth_of_a_point(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
    days: Annotated[int, QueryParameter(ge=2, le=365, description="For how long customers are followed.")] = WORTH_DAYS,
) -> Worths:
    """What one more point goes with: coming back and spending after the answer, adjusted for behaviour before it."""
    return deeper.worth(key, lens, days)


@get("/api/survey-results/{key:str}/people", sync_to_thread=True, guards=[requires("read")])
def list_survey_people(
    deeper: NamedDependency[Deeper],
    lens: NamedDependency[Lens],
    key: FromPath[str],
    of: Annotated[Side, QueryParameter(description="By their latest answer: a bad, a neutral or a good one.")] = "all",
    score: Annotated[
        int | None, QueryParameter(ge=0, le=10, description="Only those whose latest answer is this.")
    ] = None,
    by: Annotated[str | None, QueryParameter(description="As in groups; with `group`.")] = None,
    group: Annotated[str | None, QueryParameter(description="The key of a group.")] = None,
    did: Annotated[str | None, QueryParameter(description="The key of something done before the answer.")] = None,
    window: Annotated[Literal["30m", "7d"], QueryParameter(description="In which it was done.")] = "7d",
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> People:
    """The customers behind a figure, each with their latest answer. There is no such list of an anonymous survey."""
    return people(deeper, key, lens, Whose(of, score, by, group, did, window), limit=limit, cursor=cursor)


routes: Final = [
    Router(
        path="/",
        tags=["survey results"],
        dependencies={"lens": Provide(lens_of, sync_to_thread=True)},
        route_handlers=[
            list_survey_results,
            get_survey_results,
            list_survey_groups,
            list_survey_question_results,
            get_corrected_score,
            get_before_answers,
            get_score_drivers,
            get_worth_of_a_point,
            list_survey_people,
        ],
    )
]
