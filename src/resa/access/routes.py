"""The HTTP face of access: session, set-up, team, keys, audit log, preferences of the workspace."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from resa.access import guards, keys, passwords, proxies, roles, sessions, setup, team, threads, throttle
from resa.access.guards import Call, Caller, Forbidden, person, requires
from resa.kernel import audit, preferences
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

Anyone = Request[Any, Any, Any]


class LogIn(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail and password."""

    email: str
    password: str


class SetUp(msgspec.Struct, forbid_unknown_fields=True):
    """The owner of a new workspace; `token` is what the server printed."""

    token: str
    email: str
    password: str
    name: str
    workspace: str | None = None


class Accept(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody invited comes; `token` is what follows the `#` of the link."""

    token: str
    name: str
    password: str


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The password so far and the one from now on."""

    old: str
    new: str


class Invite(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite as what."""

    email: str
    role: str


class MemberChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change about a member; what is left out stays."""

    role: str | None = None
    name: str | None = None


class KeyWish(msgspec.Struct, forbid_unknown_fields=True):
    """A new API key: what it is for and what it may do."""

    name: str
    scopes: list[str]


class WorkspaceChange(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What to change about the workspace; what is left out stays."""

    name: str | None = None
    timezone: str | None = None
    currency: str | None = None


class UserAnswer(msgspec.Struct):
    """Who is logged in."""

    id: str
    email: str
    name: str
    role: str
    scopes: list[str]


class WorkspaceAnswer(msgspec.Struct):
    """What the console must know of the workspace."""

    name: str
    timezone: str
    currency: str
    demo: bool
    version: str
    as_of_original: str | None


class Session(msgspec.Struct):
    """The console's first question: who am I, and where?"""

    user: UserAnswer | None
    csrf: str | None
    setup_required: bool
    workspace: WorkspaceAnswer


class Members(msgspec.Struct):
    """The team."""

    items: list[team.Member]
    next: str | None = None


class Keys(msgspec.Struct):
    """The API keys."""

    items: list[keys.Key]
    next: str | None = None


class AuditPage(msgspec.Struct):
    """A page of the audit log, newest first; `next` is the `before` of the following one."""

    items: list[audit.Entry]
    next: int | None


@get("/api/session")
async def who(request: Anyone, workspace: NamedDependency[Workspace]) -> Session:
    """Who is logged in (null: nobody), the CSRF token, and whether the workspace waits for its owner."""
    return await threads.lookup(_session, workspace, await guards.known(request))


@post("/api/session", status_code=200)
async def log_in(data: JSONBody[LogIn], request: Anyone, workspace: NamedDependency[Workspace]) -> Response[Session]:
    """Log in; whatever session the browser had ends."""
    guards.same_origin(request)
    token = await threads.hashing(_log_in, workspace, data, proxies.address(request.scope), _old_token(request))
    return await _welcome(request, workspace, token)


@delete("/api/session", guards=[person], status_code=204)
async def log_out(request: Call, workspace: NamedDependency[Workspace]) -> Response[None]:
    """End the session."""
    await threads.lookup(_log_out, workspace, request.user, _old_token(request))
    name = guards.cookie_name(request)
    gone = Cookie(key=name, path="/", max_age=0, httponly=True, secure=guards.secure(request), samesite="strict")
    return Response(None, cookies=[gone])


@post("/api/setup", status_code=200)
async def set_up(data: JSONBody[SetUp], request: Anyone, workspace: NamedDependency[Workspace]) -> Response[Session]:
    """Make the owner of a new workspace, with the one-time token that the server printed at its start."""
    guards.same_origin(request)
    return await _welcome(request, workspace, await threads.hashing(_set_up, workspace, data))


@post("/api/invite", status_code=200)
async def accept(data: JSONBody[Accept], request: Anyone, workspace: NamedDependency[Workspace]) -> Response[Session]:
    """Join the team with the token of an invitation."""
    guards.same_origin(request)
    return await _welcome(request, workspace, await threads.hashing(_accept, workspace, data))


@post("/api/password", guards=[person], status_code=200)
async def change_password(
    data: JSONBody[NewPassword], request: Call, workspace: NamedDependency[Workspace]
) -> Response[Session]:
    """Change one's own password; every session of the old one ends, this one goes on under a new token."""
    token = await threads.hashing(_change_password, workspace, request.user, data, proxies.address(request.scope))
    return await _welcome(request, workspace, token)


@get("/api/team", guards=[requires("read")], sync_to_thread=True)
def members(request: Call, workspace: NamedDependency[Workspace]) -> Members:
    """The team; admins also see who is invited."""
    with workspace.state.read() as tx:
        return Members(team.listed(tx, workspace.clock(), with_invitations=request.user.may("admin")))


@post("/api/team", guards=[requires("admin")], sync_to_thread=True)
def invite(data: JSONBody[Invite], request: Call, workspace: NamedDependency[Workspace]) -> team.Invitation:
    """Invite somebody. The answer holds the link to give them, once."""
    _may_give_role(request.user, data.role)
    with workspace.state.write() as tx:
        return team.invite(tx, request.user.actor, data.email, data.role, workspace.clock())


@patch("/api/team/{member:str}", guards=[requires("admin")], sync_to_thread=True)
def change_member(
    member: FromPath[str], data: JSONBody[MemberChange], request: Call, workspace: NamedDependency[Workspace]
) -> team.Member:
    """Change the role or name of a member, up to one's own rank."""
    with workspace.state.write() as tx:
        _may_give_role(request.user, team.get(tx, member).role)
        if data.role is not None:
            _may_give_role(request.user, data.role)
        team.change(tx, request.user.actor, member, data.role, data.name)
        return team.shown(tx, member)


@delete("/api/team/{member:str}", guards=[requires("admin")], sync_to_thread=True)
def remove_member(member: FromPath[str], request: Call, workspace: NamedDependency[Workspace]) -> None:
    """Take a member out, or an invitation back. API keys stay: they belong to the workspace."""
    with workspace.state.write() as tx:
        if member.startswith("i_"):
            _may_give_role(request.user, team.invited(tx, member).role)
            team.withdraw(tx, request.user.actor, member)
        else:
            _may_give_role(request.user, team.get(tx, member).role)
            team.remove(tx, request.user.actor, member)


@get("/api/keys", guards=[requires("admin")], sync_to_thread=True)
def list_keys(workspace: NamedDependency[Workspace]) -> Keys:
    """The API keys: what they may do and when they were last used."""
    with workspace.state.read() as tx:
        return Keys(keys.listed(tx))


@post("/api/keys", guards=[requires("admin")], sync_to_thread=True)
def create_key(data: JSONBody[KeyWish], request: Call, workspace: NamedDependency[Workspace]) -> keys.NewKey:
    """Make an API key with scopes one has oneself. The answer holds it, once."""
    name, scopes = team.check_name(data.name), keys.check_scopes(data.scopes)
    _may_give(request.user, roles.expand(scopes), "scopes", " ".join(scopes))
    with workspace.state.write() as tx:
        return keys.create(tx, request.user.actor, name, scopes, workspace.clock())


@delete("/api/keys/{key_id:str}", guards=[requires("admin")], sync_to_thread=True)
def revoke_key(key_id: FromPath[str], request: Call, workspace: NamedDependency[Workspace]) -> None:
    """Make an API key worthless at once."""
    with workspace.state.write() as tx:
        _may_give(request.user, keys.scopes_of(tx, key_id), "key", key_id)
        keys.revoke(tx, request.user.actor, key_id)


@get("/api/audit", guards=[requires("admin")], sync_to_thread=True)
def audit_log(
    workspace: NamedDependency[Workspace],
    before: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> AuditPage:
    """Who changed what, newest first."""
    with workspace.state.read() as tx:
        items = audit.page(tx, before=before, limit=limit)
    return AuditPage(items, items[-1].id if len(items) == limit else None)


@patch("/api/workspace", guards=[requires("admin")], sync_to_thread=True)
def change_workspace(
    data: JSONBody[WorkspaceChange], request: Call, workspace: NamedDependency[Workspace]
) -> WorkspaceAnswer:
    """Change the name, time zone or currency of the workspace."""
    values = {field: value for field, value in msgspec.structs.asdict(data).items() if value is not None}
    with workspace.state.write() as tx:
        changed = preferences.change(workspace.state, tx, values)
        if values:
            audit.record(tx, request.user.actor, "workspace.changed", "workspace", values)
    return _workspace(changed)


routes: Final[list[ControllerRouterHandler]] = [
    who,
    log_in,
    log_out,
    set_up,
    accept,
    change_password,
    members,
    invite,
    change_member,
    remove_member,
    list_keys,
    create_key,
    revoke_key,
    audit_log,
    change_workspace,
]


def _log_in(workspace: Workspace, data: LogIn, address: str, old: str | None) -> str:
    state, now = workspace.state, workspace.clock()
    account = team.normal_email(data.email)
    throttle.begin(state, account, address, now)
    with state.read() as tx:
        user = team.by_email(tx, account)
    kept = user.password_hash if user is not None else passwords.NOBODY
    if not passwords.verify(kept, data.password) or user is None:
        if user is not None:
            with state.write() as tx:
                somebody = audit.Actor("stranger", throttle.network(address))
                audit.record(tx, somebody, "session.refused", f"user:{user.id}", {"email": user.email})
        raise guards.NotLoggedIn(
            "E-mail or password is wrong.", remedy="Try again, or ask an owner for a new invitation."
        )
    with state.write() as tx:
        if old:
            sessions.end(tx, old)
        throttle.succeeded(tx, account, address)
        audit.record(
            tx,
            audit.Actor(f"user:{user.id}", user.email),
            "session.started",
            f"user:{user.id}",
            {"address": throttle.network(address)},
        )
        return sessions.start(tx, user.id, now)


def _log_out(workspace: Workspace, caller: Caller, token: str | None) -> None:
    with workspace.state.write() as tx:
        sessions.end(tx, token or "")
        audit.record(tx, caller.actor, "session.ended", f"user:{caller.id}")


def _set_up(workspace: Workspace, data: SetUp) -> str:
    now = workspace.clock()
    with workspace.state.read() as tx:
        setup.check(tx, data.token)
    team.check_password(data.password, data.email)
    kept = passwords.make_hash(data.password)
    with workspace.state.write() as tx:
        user_id = setup.claim(tx, data.token, data.email, data.name, kept, now)
        if data.workspace is not None:
            preferences.change(workspace.state, tx, {"name": data.workspace})
        return sessions.start(tx, user_id, now)


def _accept(workspace: Workspace, data: Accept) -> str:
    now = workspace.clock()
    with workspace.state.read() as tx:
        email = team.invitation(tx, data.token, now).email
    team.check_password(data.password, email)
    kept = passwords.make_hash(data.password)
    with workspace.state.write() as tx:
        return sessions.start(tx, team.accept(tx, data.token, data.name, kept, now), now)


def _change_password(workspace: Workspace, caller: Caller, data: NewPassword, address: str) -> str:
    state, now, account = workspace.state, workspace.clock(), caller.email or ""
    throttle.begin(state, account, address, now)
    with state.read() as tx:
        kept = team.get(tx, caller.id).password_hash
    if not passwords.verify(kept, data.old):
        raise Refused("old", None, "is not your password.", "Type the password that you log in with.")
    team.check_password(data.new, account, "new")
    fresh = passwords.make_hash(data.new)
    with state.write() as tx:
        throttle.succeeded(tx, account, address)
        team.set_password(tx, caller.actor, caller.id, fresh)
        return sessions.start(tx, caller.id, now)


async def _welcome(request: Anyone, workspace: Workspace, token: str) -> Response[Session]:
    caller = await threads.lookup(guards.caller_of, workspace, token)
    cookie = Cookie(
        key=guards.cookie_name(request),
        value=token,
        path="/",
        max_age=sessions.ABSOLUTE // 1000,
        httponly=True,
        secure=guards.secure(request),
        samesite="strict",
    )
    return Response(await threads.lookup(_session, workspace, caller), cookies=[cookie])


def _session(workspace: Workspace, caller: Caller | None) -> Session:
    with workspace.state.read() as tx:
        setup_required = caller is None and not team.has_owner(tx)
        held = preferences.load(tx)
    return Session(_user(caller), caller.csrf if caller else None, setup_required, _workspace(held))


def _user(caller: Caller | None) -> UserAnswer | None:
    if caller is None:
        return None
    scopes = sorted(caller.scopes - {roles.EVERYTHING})
    return UserAnswer(caller.id, caller.email or "", caller.name, caller.role or "", scopes)


def _workspace(held: preferences.Preferences) -> WorkspaceAnswer:
    return WorkspaceAnswer(held.name, held.timezone, held.currency, held.demo, version("resa"), held.as_of_original)


def _may_give_role(caller: Caller, role: str) -> None:
    _may_give(caller, roles.ROLES[team.check_role(role)], "role", role)


def _may_give(caller: Caller, scopes: frozenset[str], field: str, value: str) -> None:
    if not caller.may_give(scopes):
        raise Forbidden(
            f"{field}: {value} is more than you have yourself.", field=field, remedy="Ask an owner to do it."
        )


def _old_token(request: Anyone) -> str | None:
    return request.cookies.get(guards.cookie_name(request))
