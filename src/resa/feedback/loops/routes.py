"""The HTTP face of closing the loop: the inbox, tasks, alerts, deliveries, and rules tried on the past."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.channels.email import Look
from resa.feedback.loops import bulk, deliveries, dry_run, inbox, recovery, replying, shelf, templates
from resa.feedback.loops.closing import Loops
from resa.feedback.loops.dry_run import DryRun, DryRunAsked
from resa.feedback.loops.inbox import AnswerRow, AnswerRows, Asked, Changed, Counts, Inbox, Note
from resa.feedback.loops.mentioning import About
from resa.feedback.loops.recovery import Recovery
from resa.feedback.loops.replying import Reply
from resa.feedback.loops.tasks import ChangedTask, NewTask, Task, TaskList, Tasks
from resa.feedback.loops.telling import NewTelling, Telling, TellingPreview, TellingRows
from resa.feedback.loops.writing import MailWords
from resa.kernel import preferences
from resa.kernel.workspace import Workspace

Number = Annotated[int, QueryParameter(ge=-(2**62), le=2**62)]
Text = Annotated[str | None, QueryParameter(max_length=400)]


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """A note for the team."""

    text: str


class Notes(msgspec.Struct, frozen=True):
    """What was written and done, the first first."""

    items: list[Note]
    next: None = None


class WebhookSecret(msgspec.Struct, frozen=True):
    """What receivers of a rule's webhooks check signatures with."""

    secret: str


@get("/api/inbox", sync_to_thread=True, guards=[requires("read")])
def list_answers(
    workspace: NamedDependency[Workspace],
    request: Call,
    status: FromQuery[Literal["new", "open", "waiting", "closed", "unclosed"] | None] = None,
    assignee: Annotated[Text, QueryParameter(description="A user's id, `me` or `none`.")] = None,
    survey: Text = None,
    metric: Text = None,
    score_from: FromQuery[float | None] = None,
    score_to: FromQuery[float | None] = None,
    sentiment: Text = None,
    theme: Text = None,
    channel: Text = None,
    rule: Text = None,
    text: Annotated[Text, QueryParameter(description="What stands in the comment.")] = None,
    commented: FromQuery[bool | None] = None,
    simulated: FromQuery[bool] = True,
    cursor: Text = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> AnswerRows:
    """Answers with their status, the newest first; every filter narrows."""
    who = request.user.id if assignee == "me" else assignee
    asked = Asked(
        status, who, survey, metric, score_from, score_to, sentiment, theme, channel, rule, text, commented, simulated
    )
    return Inbox(workspace).page(asked, cursor, limit)


@get("/api/inbox/counts", sync_to_thread=True, guards=[requires("read")])
def count_answers(workspace: NamedDependency[Workspace], request: Call) -> Counts:
    """How many answers have each status, and what waits for who asks."""
    return Inbox(workspace).counts(request.user.id, request.user.email)


@get("/api/inbox/{number:int}", sync_to_thread=True, guards=[requires("read")])
def get_answer(workspace: NamedDependency[Workspace], number: FromPath[int]) -> AnswerRow:
    """One answer."""
    return Inbox(workspace).one(number)


@patch("/api/inbox/{number:int}", sync_to_thread=True, guards=[requires("write")])
def change_answer(
    workspace: NamedDependency[Workspace], request: Call, number: FromPath[int], data: JSONBody[Changed]
) -> AnswerRow:
    """Change an answer's status, who minds it, or whether the customer was contacted; 409 if somebody else did meanwhile."""
    return Inbox(workspace).change(number, data, request.user.actor)


@post("/api/inbox/changes", status_code=200, sync_to_thread=True, guards=[requires("write")])
def change_answers(
    workspace: NamedDependency[Workspace], request: Call, data: JSONBody[bulk.ManyChanged]
) -> bulk.ManyRows:
    """Change many answers at once; those that somebody changed meanwhile are skipped and named."""
    return bulk.change(workspace, data, request.user.actor)


@get("/api/inbox/{number:int}/notes", sync_to_thread=True, guards=[requires("read")])
def list_answer_notes(workspace: NamedDependency[Workspace], number: FromPath[int]) -> Notes:
    """What was written and done about an answer."""
    with workspace.state.read() as tx:
        return Notes(inbox.notes(tx, f"answer:{inbox.kept(tx, number).message_id}"))


@post("/api/inbox/{number:int}/notes", sync_to_thread=True, guards=[requires("write")])
def add_answer_note(
    workspace: NamedDependency[Workspace], request: Call, number: FromPath[int], data: JSONBody[NewNote]
) -> Note:
    """Write a note for the team on an answer."""
    found = Inbox(workspace)
    return found.note(f"answer:{found.one(number).message_id}", "note", data.text, request.user.actor)


@get("/api/tasks", sync_to_thread=True, guards=[requires("read")])
def list_tasks(
    workspace: NamedDependency[Workspace],
    request: Call,
    status: FromQuery[Literal["open", "done", "dropped"] | None] = None,
    owner: Annotated[Text, QueryParameter(description="A user's id, `me` or `none`.")] = None,
    answer: Annotated[int | None, QueryParameter(ge=0, le=2**62)] = None,
) -> Tasks:
    """Tasks, what is due first first."""
    who = request.user.id if owner == "me" else owner
    return TaskList(workspace).all(status=status, owner=who, answer=answer)


@post("/api/tasks", sync_to_thread=True, guards=[requires("write")])
def add_task(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[NewTask]) -> Task:
    """Make a task by hand."""
    return TaskList(workspace).add(data, request.user.actor)


@get("/api/tasks/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_task(workspace: NamedDependency[Workspace], key: FromPath[str]) -> Task:
    """One task."""
    return TaskList(workspace).one(key)


@patch("/api/tasks/{key:str}", sync_to_thread=True, guards=[requires("write")])
def change_task(
    workspace: NamedDependency[Workspace], request: Call, key: FromPath[str], data: JSONBody[ChangedTask]
) -> Task:
    """Change a task: hand it on, snooze it, set when it is due, finish it; 409 if somebody else changed it meanwhile."""
    return TaskList(workspace).change(key, data, request.user.actor)


@get("/api/tasks/{key:str}/notes", sync_to_thread=True, guards=[requires("read")])
def list_task_notes(workspace: NamedDependency[Workspace], key: FromPath[str]) -> Notes:
    """What was written and done about a task."""
    found = TaskList(workspace).one(key)
    with workspace.state.read() as tx:
        return Notes(inbox.notes(tx, f"task:{found.id}"))


@post("/api/tasks/{key:str}/notes", sync_to_thread=True, guards=[requires("write")])
def add_task_note(
    workspace: NamedDependency[Workspace], request: Call, key: FromPath[str], data: JSONBody[NewNote]
) -> Note:
    """Write a note on a task."""
    found = TaskList(workspace).one(key)
    return Inbox(workspace).note(f"task:{found.id}", "note", data.text, request.user.actor)


@get("/api/loop-alerts", sync_to_thread=True, guards=[requires("read")])
def list_alerts(workspace: NamedDependency[Workspace], request: Call) -> deliveries.LoopAlerts:
    """One's own alerts, the newest first."""
    return deliveries.alerts(workspace, request.user.email or "")


@post("/api/loop-alerts/seen", status_code=200, sync_to_thread=True, guards=[requires("read")])
def see_alerts(workspace: NamedDependency[Workspace], request: Call) -> deliveries.LoopAlerts:
    """Mark one's own alerts as seen."""
    deliveries.seen(workspace, request.user.email or "")
    return deliveries.alerts(workspace, request.user.email or "")


@get("/api/loop-deliveries", sync_to_thread=True, guards=[requires("read")])
def list_deliveries(
    workspace: NamedDependency[Workspace],
    status: FromQuery[Literal["waiting", "sent", "dead", "held_back"] | None] = None,
    rule: Text = None,
    answer: Annotated[int | None, QueryParameter(ge=0, le=2**62)] = None,
) -> deliveries.Deliveries:
    """Webhooks and mail that rules send, the newest first; `dead` are those that were given up."""
    return deliveries.listed(workspace, state=status, rule=rule, answer=answer)


@post("/api/loop-deliveries/{key:str}/retry", status_code=200, sync_to_thread=True, guards=[requires("write")])
def retry_delivery(
    workspace: NamedDependency[Workspace], loops: NamedDependency[Loops], request: Call, key: FromPath[str]
) -> deliveries.Delivery:
    """Try a dead delivery once more."""
    found = deliveries.again(workspace, key, request.user.actor)
    loops.sending.wake()
    return found


@post("/api/feedback-rules/dry-run", status_code=200, sync_to_thread=True, guards=[requires("read")])
def dry_run_feedback_rule(workspace: NamedDependency[Workspace], data: JSONBody[DryRunAsked]) -> DryRun:
    """How often a rule, saved or not, would have fired in the last days; nothing is done."""
    workspace.definitions.decode("feedback-rule", msgspec.to_builtins(data.body))
    return dry_run.run(workspace, Inbox(workspace), data)


@get("/api/feedback-rules/{key:str}/webhook-secret", sync_to_thread=True, guards=[requires("write")])
def get_webhook_secret(workspace: NamedDependency[Workspace], key: FromPath[str]) -> WebhookSecret:
    """What receivers of this rule's webhooks check signatures with."""
    return WebhookSecret(shelf.secret_of(workspace, key))


@post("/api/inbox/{number:int}/reply", sync_to_thread=True, guards=[requires("write")])
def reply_to_answer(
    workspace: NamedDependency[Workspace],
    loops: NamedDependency[Loops],
    request: Call,
    number: FromPath[int],
    data: JSONBody[Reply],
) -> Note:
    """Write to the customer by mail: text of one's own, within their budget. The answer then waits, and counts as contacted."""
    return replying.reply(workspace, loops.writing, number, data, request.user.actor)


@post("/api/inbox/{number:int}/reply-draft", status_code=200, sync_to_thread=True, guards=[requires("write")])
def draft_reply(
    workspace: NamedDependency[Workspace],
    loops: NamedDependency[Loops],
    number: FromPath[int],
    data: JSONBody[templates.ReplyDraftWish],
) -> templates.FilledReply:
    """A template filled with what is known of who gave this answer, to be read and changed; nothing is sent.

    Liquid, over `customer` (`name`, `first_name`, and the traits of those who agreed to personalisation), `answer` (`score`,
    `comment`, `metric`, `channel`, `themes` ...) and `survey` (`name`; of the last 90 days `answers` and `score`, once there are five).
    """
    return templates.fill(workspace, loops.writing, number, data)


@post("/api/inbox/{number:int}/reply-look", status_code=200, sync_to_thread=True, guards=[requires("read")])
def look_at_reply(
    workspace: NamedDependency[Workspace],
    loops: NamedDependency[Loops],
    number: FromPath[int],
    data: JSONBody[MailWords],
) -> Look:
    """How a reply would look as a mail; nothing is sent."""
    return loops.writing.look(data, data.language or Inbox(workspace).one(number).language, news=False)


@post("/api/tellings/look", status_code=200, sync_to_thread=True, guards=[requires("read")])
def look_at_telling(loops: NamedDependency[Loops], data: JSONBody[MailWords]) -> Look:
    """How it would look as a mail, in one language; nothing is sent."""
    return loops.writing.look(data, data.language, news=True)


@get("/api/tellings", sync_to_thread=True, guards=[requires("read")])
def list_tellings(loops: NamedDependency[Loops]) -> TellingRows:
    """What customers were told that they had asked for, the newest first."""
    return loops.tellings.all()


@post("/api/tellings/preview", status_code=200, sync_to_thread=True, guards=[requires("read")])
def preview_telling(loops: NamedDependency[Loops], data: JSONBody[About]) -> TellingPreview:
    """Who would hear it, of all who mentioned it, and why the others would not; nothing is sent."""
    return loops.tellings.preview(data)


@post("/api/tellings", sync_to_thread=True, guards=[requires("write")])
def add_telling(loops: NamedDependency[Loops], request: Call, data: JSONBody[NewTelling]) -> Telling:
    """Tell those who mentioned it what changed: each once, with consent, as their budget allows."""
    found = loops.tellings.tell(data, request.user.actor)
    loops.sending.wake()
    return found


@get("/api/tellings/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_telling(loops: NamedDependency[Loops], key: FromPath[str]) -> Telling:
    """What was told to whom, and how many came back since."""
    return loops.tellings.one(key)


@get("/api/recovery", sync_to_thread=True, guards=[requires("read")])
def get_recovery(
    workspace: NamedDependency[Workspace],
    rule: Text = None,
    days: Annotated[int, QueryParameter(ge=1, le=365, description="How long customers are followed.")] = 60,
    currency: Annotated[str | None, QueryParameter(pattern="^[A-Z]{3}$")] = None,
) -> Recovery:
    """What getting back to customers did, against comparable ones; by chance where a rule holds some out."""
    with workspace.state.read() as tx:
        known = currency or preferences.load(tx).currency
    return recovery.measured(workspace, rule=rule, days=days, currency=known)


routes = [
    *shelf.rule_routes,
    *shelf.template_routes,
    reply_to_answer,
    draft_reply,
    look_at_reply,
    list_tellings,
    preview_telling,
    look_at_telling,
    add_telling,
    get_telling,
    get_recovery,
    dry_run_feedback_rule,
    get_webhook_secret,
    list_answers,
    count_answers,
    get_answer,
    change_answer,
    change_answers,
    list_answer_notes,
    add_answer_note,
    list_tasks,
    add_task,
    get_task,
    change_task,
    list_task_notes,
    add_task_note,
    list_alerts,
    see_alerts,
    list_deliveries,
    retry_delivery,
]
