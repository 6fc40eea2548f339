"""The HTTP face of e-mail: the queue, looks and tests, suppressed addresses, bounces; and what mails lead to, without a log-in."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, Router, delete, get, head, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.channels.email import events, leaving, pages, shelves, suppression
from resa.channels.email.bounces import MOST_BYTES
from resa.channels.email.definition import Sender, Template
from resa.channels.email.face import Email
from resa.channels.email.lines import Trouble
from resa.channels.email.looks import Look, shown
from resa.channels.email.outbox import STATES, Entry
from resa.channels.email.suppression import Suppressed
from resa.kernel import audit, times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.workspace import Workspace

DAYS_MS: Final = 7 * 86_400_000
_DOT: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_LOOK: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http: data:; frame-ancestors 'self'; sandbox"
)

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Before = Annotated[int | None, QueryParameter(ge=0, le=2**53)]
Text = Annotated[str | None, QueryParameter(max_length=320)]


class EmailStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether mail goes out: `trouble` says why it does not; how many of the last 7 days (and all that wait) are in which state."""

    sender: str | None
    paused: bool
    trouble: str | None
    trouble_code: str | None
    https: bool
    """Whether this server's public address is one, as one-click unsubscribing needs (RFC 8058)."""
    address: str
    states: dict[str, int]
    suppressed: int
    hosts: list[str]
    """Hosts that may get a password, or be private (RESA_SMTP_HOSTS)."""


class QueuedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of the outbox: its state, and the code and words of the server or rule that decided on it."""

    id: str
    state: str
    at: str
    due: str
    identity: str | None
    address: str
    kind: str
    what: str
    purpose: str
    subject: str
    attempts: int
    sent_at: str | None
    code: str
    reason: str


class QueuedMails(msgspec.Struct, frozen=True):
    """A page of the outbox, newest first; `next` is the `before` of the following one."""

    items: list[QueuedMail]
    next: int | None


class SenderTried(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a mail server can be used as a sender says; `code` and `message` say why not."""

    ok: bool
    code: str
    message: str


class LookWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A template to look at, saved or not, with values over those of its example."""

    body: Template
    language: str | None = None
    values: dict[str, Any] = {}
    brand: str | None = None


class TestWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A template to send to oneself."""

    language: str | None = None
    values: dict[str, Any] = {}


class TestQueued(msgspec.Struct, frozen=True):
    """It waits in the outbox under this id, for this address."""

    id: str
    address: str


class SuppressedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that gets no mail: `bounced`, `complained` or `by_hand`, since when, and who said so."""

    address: str
    reason: str
    detail: str
    at: str
    by: str


class SuppressedAddresses(msgspec.Struct, frozen=True):
    """A page of them by address; `next` is the `after` of the following one."""

    items: list[SuppressedAddress]
    next: str | None


class NewSuppression(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An address that is to get no mail, and why."""

    address: str
    detail: str = ""


class BounceTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What a report said: `bounced`, `blocked`, `delayed`, `delivered`, `complained` or `nothing`; `mail` null: of no mail of ours."""

    mail: str | None
    happened: str
    status: str
    detail: str


# -- the outbox ----------------------------------------------------------------------------------------------------


@get("/api/email", sync_to_thread=True, guards=[requires("read")])
def get_email_status(workspace: NamedDependency[Workspace], email: NamedDependency[Email]) -> EmailStatus:
    """Whether mail goes out, and what became of the mails of the last 7 days."""
    sender, trouble = email.sender(), email.sending.trouble
    with workspace.state.read() as tx:
        states = email.outbox.counts(tx, workspace.clock() - DAYS_MS)
        suppressed = suppression.count(tx)
    return EmailStatus(
        sender=None if sender is None else sender.from_address,
        paused=sender is not None and sender.paused,
        trouble=None if trouble is None else str(trouble),
        trouble_code=None if trouble is None else trouble.code,
        https=email.address.startswith("https://"),
        address=email.address,
        states=states,
        suppressed=suppressed,
        hosts=sorted(email.allowed),
    )


@post("/api/email/try", sync_to_thread=True, status_code=200, guards=[requires("write")])
def try_email_sender(email: NamedDependency[Email], data: JSONBody[Sender]) -> SenderTried:
    """Connect, encrypt and log in to a mail server, and hang up: whether a sender would work, before it is saved."""
    email.workspace.definitions.decode("email-sender", data)
    try:
        said = email.try_out(data)
    except Trouble as trouble:
        return SenderTried(ok=False, code=trouble.code, message=str(trouble))
    return SenderTried(ok=True, code="", message=said)


@get("/api/email/outbox", sync_to_thread=True, guards=[requires("read")])
def list_outbox(
    workspace: NamedDependency[Workspace],
    email: NamedDependency[Email],
    of_state: Annotated[str | None, QueryParameter(name="state", max_length=20)] = None,
    before: Before = None,
    limit: Limit = 50,
) -> QueuedMails:
    """Mails that wait, went out, failed or were held back, newest first, with the reason of what became of each."""
    if of_state is not None and of_state not in STATES:
        raise Refused("state", of_state, "is no state of a mail.", f"Use {', '.join(STATES)}.")
    with workspace.state.read() as tx:
        found = email.outbox.page(tx, state=of_state, before=before, limit=limit)
    return QueuedMails([_shown(entry) for entry in found], found[-1].at if len(found) == limit else None)


@post("/api/email/outbox/{mail:str}/retry", sync_to_thread=True, status_code=200, guards=[requires("write")])
def retry_mail(
    workspace: NamedDependency[Workspace], email: NamedDependency[Email], request: Call, mail: FromPath[str]
) -> QueuedMail:
    """Send a mail that failed, or of which it is unclear whether it went out (then it may arrive twice), once more."""
    with workspace.state.write() as tx:
        email.outbox.again(tx, mail, workspace.clock())
        audit.record(tx, request.user.actor, "email.retried", f"email:{mail}")
    email.sending.wake()
    return _one(email, mail)


@post("/api/email/outbox/{mail:str}/cancel", sync_to_thread=True, status_code=200, guards=[requires("write")])
def cancel_mail(
    workspace: NamedDependency[Workspace], email: NamedDependency[Email], request: Call, mail: FromPath[str]
) -> QueuedMail:
    """Don't send a mail that waits; its contact is free again."""
    with workspace.state.write() as tx:
        email.outbox.cancel(tx, mail, request.user.name)
        audit.record(tx, request.user.actor, "email.cancelled", f"email:{mail}")
    return _one(email, mail)


# -- templates -----------------------------------------------------------------------------------------------------


@post("/api/email-looks", sync_to_thread=True, status_code=200, guards=[requires("read")])
def look_at_email(email: NamedDependency[Email], data: JSONBody[LookWish]) -> Look:
    """How a template looks as a mail, with its subject, its plain text and its size; nothing is sent."""
    email.workspace.definitions.decode("email-template", data.body)
    made = email.look(data.body, data.language, data.values, data.brand)
    return shown(email, made)


@get(
    "/api/email-looks/{token:str}",
    sync_to_thread=False,
    guards=[requires("read")],
    media_type="text/html",
    responses={200: ResponseSpec(str, generate_examples=False, media_type="text/html", description="The mail.")},
)
def get_email_look(email: NamedDependency[Email], token: FromPath[str]) -> Response[str]:
    """The HTML of a mail that was looked at, for a frame: nothing in it runs."""
    found = email.kept(token)
    if found is None:
        raise NotFound("look", token, "Look again: they are kept for a while only.")
    headers = {"Content-Security-Policy": _LOOK, "X-Frame-Options": "SAMEORIGIN"}
    return Response(found, media_type="text/html; charset=utf-8", headers=headers)


@post("/api/email-templates/{key:str}/test", sync_to_thread=True, status_code=200, guards=[requires("write")])
def send_email_test(
    email: NamedDependency[Email], request: Call, key: FromPath[str], data: JSONBody[TestWish]
) -> TestQueued:
    """Send a template to oneself, filled with its example. For people: a key has no address."""
    to = request.user.email
    if to is None:
        raise Refused("user", request.user.name, "has no e-mail address.", "Log in as a person to send a test.")
    return TestQueued(email.send_test(key, data.language, data.values, to), to)


# -- suppressed addresses ------------------------------------------------------------------------------------------


@get("/api/email/suppressions", sync_to_thread=True, guards=[requires("read")])
def list_suppressions(
    workspace: NamedDependency[Workspace], search: Text = None, after: Text = None, limit: Limit = 100
) -> SuppressedAddresses:
    """Addresses that get no mail, and why."""
    with workspace.state.read() as tx:
        found = suppression.page(tx, search=search or "", after=after, limit=limit)
    shown = [_suppressed(entry) for entry in found]
    return SuppressedAddresses(shown, shown[-1].address if len(shown) == limit else None)


@post("/api/email/suppressions", sync_to_thread=True, guards=[requires("write")])
def add_suppression(
    workspace: NamedDependency[Workspace], request: Call, data: JSONBody[NewSuppression]
) -> SuppressedAddress:
    """Send nothing to an address any more."""
    suppression.address_rule("address", data.address)
    entry = Suppressed(data.address, "by_hand", data.detail, workspace.clock(), request.user.actor.name)
    with workspace.state.write() as tx:
        suppression.add(workspace.state, tx, entry)
        audit.record(tx, request.user.actor, "email.suppressed", "email", {"address": data.address})
        found = suppression.find(tx, data.address)
    assert found is not None
    return _suppressed(found)


@delete("/api/email/suppressions/{address:str}", sync_to_thread=True, guards=[requires("write")])
def remove_suppression(workspace: NamedDependency[Workspace], request: Call, address: FromPath[str]) -> None:
    """Send to an address again. If it bounces again, it comes back here."""
    with workspace.state.write() as tx:
        suppression.remove(tx, address)
        audit.record(tx, request.user.actor, "email.unsuppressed", "email", {"address": address})


# -- what comes back -----------------------------------------------------------------------------------------------


@post("/v1/email/bounces", status_code=200, guards=[requires("events:write")], request_max_body_size=MOST_BYTES)
async def take_bounce(email: NamedDependency[Email], request: Call) -> BounceTaken:
    """A bounce (RFC 3464) or a complaint (RFC 5965), as the message came in, for a mail server to pipe here.

    As JSON, `message` is the message, a character for each byte (ISO 8859-1).
    It is believed for the mail whose mark it carries. A bounce that says that the address is none suppresses it; a complaint too.
    """
    raw = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        raw = _message(raw)
    found = await asyncio.to_thread(email.bounces.take, raw)
    return BounceTaken(
        mail=found.mail, happened=found.report.happened, status=found.report.status, detail=found.report.detail
    )


# -- what mails lead to ---------------------------------------------------------------------------------------------

Anybody = Request[Any, Any, Any]


@get("/e/u/{mark:str}", sync_to_thread=True, include_in_schema=False)
def ask_to_leave(email: NamedDependency[Email], request: Anybody, mark: FromPath[str]) -> Response[str]:
    """A page with a button: mail programs and scanners open links by themselves, so opening one changes nothing."""
    mail = _mail(email, "unsubscribe", mark)
    return _page(email, request, "gone" if mail is None else "leave", mail, f"/e/u/{mark}")


@post("/e/u/{mark:str}", status_code=200, include_in_schema=False)
async def leave_list(email: NamedDependency[Email], request: Anybody, mark: FromPath[str]) -> Response[str]:
    """Unsubscribe at once: by one click of a mail program (RFC 8058), or by the page's button, which can take it back too."""
    mail = await asyncio.to_thread(_mail, email, "unsubscribe", mark)
    if mail is None:
        return _page(email, request, "gone", None, None)
    body = await request.body()
    again = body[:100].strip() == b"again=1"
    way: Literal["one_click", "page"] = "one_click" if b"List-Unsubscribe=One-Click" in body[:2000] else "page"
    await asyncio.to_thread(leaving.leave, email.workspace, mail, way, again=again)
    return _page(email, request, "back" if again else "left", mail, f"/e/u/{mark}")


@get("/e/c/{mark:str}/{number:int}", sync_to_thread=True, include_in_schema=False)
def follow_link(
    email: NamedDependency[Email], request: Anybody, mark: FromPath[str], number: FromPath[int]
) -> Response[Any]:
    """Where a link of a mail leads: to an address that stood in that mail, and to no other."""
    found = _link(email, mark, number)
    if found is None:
        return _page(email, request, "gone", None, None)
    entry, target = found
    now = email.workspace.clock()
    told = events.about(
        entry, "Email Link Clicked", now, source=events.CUSTOMER, mark=f"-{number}-{now // 60_000}", link_url=target
    )
    email.workspace.committer.submit_sync(told)
    return _redirect(target)


@head("/e/c/{mark:str}/{number:int}", sync_to_thread=True, include_in_schema=False)
def look_at_link(email: NamedDependency[Email], mark: FromPath[str], number: FromPath[int]) -> Response[None]:
    """Where it leads, for a program that only looks: nobody clicked."""
    found = _link(email, mark, number)
    return Response(None, status_code=404) if found is None else _redirect(found[1])


@get("/e/o/{mark:str}", sync_to_thread=True, include_in_schema=False)
def opened(email: NamedDependency[Email], mark: FromPath[str]) -> Response[bytes]:
    """A dot that a mail shows where opening is measured, which is off unless somebody switches it on."""
    mail = _mail(email, "open", mark)
    if mail is not None:
        told = events.about(mail, "Email Opened", email.workspace.clock(), source=events.CUSTOMER)
        email.workspace.committer.submit_sync(told)
    return Response(_DOT, media_type="image/gif", headers={"Cache-Control": "no-store"})


class _Wrapped(msgspec.Struct):
    message: str


def _message(body: bytes) -> bytes:
    """The message within JSON."""
    try:
        return msgspec.json.decode(body, type=_Wrapped).message.encode("latin-1")
    except (msgspec.DecodeError, UnicodeError):
        remedy = 'Send {"message": "..."}, or the message itself as message/rfc822.'
        raise Refused("message", None, "is no message in JSON.", remedy) from None


# -- inside --------------------------------------------------------------------------------------------------------


def _mail(email: Email, use: str, mark: str) -> Entry | None:
    found = email.marks.read(use, mark)
    if found is None:
        return None
    with email.workspace.state.read() as tx:
        return email.outbox.get(tx, found)


def _link(email: Email, mark: str, number: int) -> tuple[Entry, str] | None:
    found = email.marks.read(f"click:{number}", mark)
    if found is None:
        return None
    with email.workspace.state.read() as tx:
        return email.outbox.link(tx, found, number)


def _redirect(target: str) -> Response[Any]:
    headers = {"Location": target, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(None, status_code=302, headers=headers)


def _page(email: Email, request: Anybody, what: str, mail: Entry | None, action: str | None) -> Response[str]:
    sender = email.sender()
    brand = email.surroundings(None if sender is None else sender.brand).brand
    tongue = pages.language(request.headers.get("accept-language"))
    text = pages.page(what, tongue, brand, address=mail.address if mail else "", action=action)
    headers = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    status = 404 if what == "gone" else 200
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def _one(email: Email, mail: str) -> QueuedMail:
    with email.workspace.state.read() as tx:
        found = email.outbox.get(tx, mail)
    if found is None:
        raise NotFound("mail", mail)
    return _shown(found)


def _shown(entry: Entry) -> QueuedMail:
    said = entry._asdict() | {
        "at": times.iso(entry.at),
        "due": times.iso(entry.due),
        "sent_at": times.iso_or_none(entry.sent_at),
    }
    return QueuedMail(**said)


def _suppressed(entry: Suppressed) -> SuppressedAddress:
    return SuppressedAddress(**(entry._asdict() | {"at": times.iso(entry.at)}))


routes: Final = [
    Router(
        path="/",
        tags=["email"],
        route_handlers=[
            *shelves.handlers,
            get_email_status,
            try_email_sender,
            list_outbox,
            retry_mail,
            cancel_mail,
            look_at_email,
            get_email_look,
            send_email_test,
            list_suppressions,
            add_suppression,
            remove_suppression,
            take_bounce,
            ask_to_leave,
            leave_list,
            follow_link,
            look_at_link,
            opened,
        ],
    )
]
