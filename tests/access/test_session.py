"""Log-in, log-out, cookies, CSRF, expiry, and a change of password."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import httpx
import pytest

from resa.access import passwords, sessions, throttle
from resa.kernel.workspace import Workspace
from tests.cast import PASSWORD, Cast

LOG_IN = {"email": "ada@example.com", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _ada(cast: Cast) -> None:
    cast.session("editor", "ada@example.com")


def cookie(answer: httpx.Response) -> SimpleCookie:
    """What `Set-Cookie` says."""
    assert len(answer.headers.get_list("set-cookie")) == 1
    return SimpleCookie(answer.headers["set-cookie"])


async def test_a_stranger_learns_that_nobody_is_logged_in(stranger: httpx.AsyncClient) -> None:
    """The console's first question."""
    answer = (await stranger.get("/api/session")).json()
    assert (answer["user"], answer["csrf"]) == (None, None)
    assert set(answer["workspace"]) == {"name", "timezone", "currency", "demo", "version", "as_of_original"}


async def test_logging_in_gives_a_session_that_lasts_until_logging_out(stranger: httpx.AsyncClient) -> None:
    """E-mail in any case; the same answer from GET; gone after DELETE, twice is 401."""
    answer = await stranger.post("/api/session", json={**LOG_IN, "email": " Ada@Example.COM "})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "ada@example.com"
    assert answer.json()["user"]["role"] == "editor"
    assert (await stranger.get("/api/session")).json() == answer.json()
    assert (await stranger.get("/api/team")).status_code == 200
    csrf = {"X-CSRF-Token": answer.json()["csrf"]}
    assert (await stranger.delete("/api/session", headers=csrf)).status_code == 204
    assert (await stranger.get("/api/team")).status_code == 401
    assert (await stranger.delete("/api/session", headers=csrf)).status_code == 401


async def test_a_session_that_ended_stays_ended_whoever_kept_its_cookie(cast: Cast) -> None:
    """The server forgets it, not only the browser."""
    thief, person = await cast.stranger(), await cast.stranger()
    csrf = (await person.post("/api/session", json=LOG_IN)).json()["csrf"]
    thief.cookies.set("resa", person.cookies["resa"])
    assert (await thief.get("/api/team")).status_code == 200
    await person.delete("/api/session", headers={"X-CSRF-Token": csrf})
    assert (await thief.get("/api/team")).status_code == 401


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", ""), ("ada@example.com", "x" * 100_000)],
)
async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    stranger: httpx.AsyncClient, email: str, password: str
) -> None:
    """Nobody learns who has an account."""
    answer = await stranger.post("/api/session", json={"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["message"] == "E-mail or password is wrong."
    assert "set-cookie" not in answer.headers


async def test_an_unknown_account_costs_as_much_as_a_wrong_password(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both verify one argon2 hash of the same costs: time tells nothing."""
    verified: list[bool] = []
    real = passwords.verify

    def watched(kept: str, given: str) -> bool:
        verified.append(passwords.outdated(kept))
        return real(kept, given)

    monkeypatch.setattr(passwords, "verify", watched)
    for email in ("ada@example.com", "nobody@example.com"):
        stranger = await cast.stranger()
        await stranger.post("/api/session", json={"email": email, "password": "wrong wrong"})
    assert verified == [False, False]


async def test_the_cookie_over_http(server: str, cast: Cast) -> None:
    """Kept from scripts and other sites; bound to the path of all."""
    async with httpx.AsyncClient(base_url=server) as browser:
        morsel = cookie(await browser.post("/api/session", json=LOG_IN))["resa"]
    assert (morsel["httponly"], morsel["samesite"].lower(), morsel["path"]) == (True, "strict", "/")
    assert (morsel["secure"], morsel["domain"]) == ("", "")
    assert int(morsel["max-age"]) == sessions.ABSOLUTE // 1000
    assert len(morsel.value) >= 43


async def test_the_cookie_over_https(server: str, cast: Cast) -> None:
    """Behind a proxy that speaks https: `__Host-` with Secure; the name for http opens nothing there."""
    async with httpx.AsyncClient(base_url=server, headers={"X-Forwarded-Proto": "https"}) as browser:
        answer = await browser.post("/api/session", json=LOG_IN)
        morsel = cookie(answer)["__Host-resa"]
        assert (morsel["secure"], morsel["httponly"], morsel["path"]) == (True, True, "/")
        assert morsel["domain"] == ""
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        for name, status in (("__Host-resa", 200), ("resa", 401)):
            got = await browser.get("/api/team", headers={"Cookie": f"{name}={morsel.value}"})
            assert got.status_code == status


async def test_logging_in_never_takes_over_a_token_that_was_planted(cast: Cast) -> None:
    """Session fixation: the token is new, the planted one opens nothing, the session before it is ended."""
    browser = await cast.stranger()
    for planted in ("planted" * 8, cast.session("viewer", "mallory@example.com")):
        browser.cookies.set("resa", planted)
        answer = await browser.post("/api/session", json=LOG_IN, headers={"Cookie": f"resa={planted}"})
        assert answer.status_code == 200
        assert cookie(answer)["resa"].value != planted
        attacker = await cast.stranger()
        attacker.cookies.set("resa", planted)
        assert (await attacker.get("/api/team")).status_code == 401


async def test_the_csrf_token_belongs_to_one_session(cast: Cast) -> None:
    """Another session's token is as good as none."""
    first, second = await cast.member("owner"), await cast.member("owner")
    assert first.headers["X-CSRF-Token"] != second.headers["X-CSRF-Token"]
    first.headers["X-CSRF-Token"] = second.headers["X-CSRF-Token"]
    answer = await first.patch("/api/workspace", json={"name": "Taken over"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "csrf")
    assert (await second.patch("/api/workspace", json={"name": "Ours"})).status_code == 200


async def test_an_api_key_needs_no_csrf_token_and_has_no_session(cast: Cast) -> None:
    """No browser sends a Bearer header by itself."""
    key = await cast.key("admin")
    assert (await key.patch("/api/workspace", json={"name": "By key"})).status_code == 200
    assert (await key.delete("/api/session")).status_code == 403


async def test_a_session_runs_out_when_idle_and_in_any_case(cast: Cast, workspace: Workspace) -> None:
    """Seven days without a request, thirty with."""
    start = workspace.clock()
    viewer = await cast.member("viewer")
    now = start

    def clock() -> int:
        return now

    workspace.clock = clock
    for day in range(6, 31, 6):
        now = start + day * sessions.DAY - 1
        assert (await viewer.get("/api/team")).status_code == 200, day
    now = start + 30 * sessions.DAY + 60_000
    assert (await viewer.get("/api/team")).status_code == 401
    now = start
    idle = await cast.member("viewer")
    now = start + sessions.IDLE + 60_000
    assert (await idle.get("/api/team")).status_code == 401


async def test_changing_the_password_ends_every_other_session(cast: Cast) -> None:
    """The browser that did it goes on under a new token."""
    here, elsewhere = await cast.stranger(), await cast.stranger()
    await elsewhere.post("/api/session", json=LOG_IN)
    csrf = (await here.post("/api/session", json=LOG_IN)).json()["csrf"]
    before = here.cookies["resa"]
    new = "another quiet harbour"
    wrong = await here.post("/api/password", json={"old": "no", "new": new}, headers={"X-CSRF-Token": csrf})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "old")
    weak = await here.post("/api/password", json={"old": PASSWORD, "new": "short"}, headers={"X-CSRF-Token": csrf})
    assert (weak.status_code, weak.json()["field"], weak.json()["code"]) == (400, "new", "weak_password")
    done = await here.post("/api/password", json={"old": PASSWORD, "new": new}, headers={"X-CSRF-Token": csrf})
    assert done.status_code == 200
    assert here.cookies["resa"] != before
    assert done.json()["csrf"] != csrf
    assert (await here.get("/api/team")).status_code == 200
    assert (await elsewhere.get("/api/team")).status_code == 401
    again = await cast.stranger()
    assert (await again.post("/api/session", json=LOG_IN)).status_code == 401
    assert (await again.post("/api/session", json={**LOG_IN, "password": new})).status_code == 200


async def test_guessing_is_slowed_for_one_account_from_one_address(cast: Cast, workspace: Workspace) -> None:
    """After eight wrong ones even the right one waits, as told; then it opens, and the slips are forgiven."""
    start = workspace.clock()
    now = start
    workspace.clock = lambda: now
    person = await cast.stranger()
    wrong = {**LOG_IN, "password": "wrong wrong"}
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS):
        assert (await person.post("/api/session", json=wrong)).status_code == 401
    answer = await person.post("/api/session", json=LOG_IN)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) == throttle.WINDOW // 1000 + 1
    now = start + int(answer.headers["Retry-After"]) * 1000
    assert (await person.post("/api/session", json=LOG_IN)).status_code == 200
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS):
        assert (await person.post("/api/session", json=wrong)).status_code == 401


async def test_parallel_guesses_don_t_slip_through(cast: Cast) -> None:
    """An attempt counts before it is looked at."""
    person = await cast.stranger()
    guesses = [person.post("/api/session", json={**LOG_IN, "password": f"wrong {n}"}) for n in range(14)]
    codes = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert (codes.count(401), codes.count(429)) == (
        throttle.PER_ACCOUNT_AND_ADDRESS,
        14 - throttle.PER_ACCOUNT_AND_ADDRESS,
    )


def test_guessing_is_slowed_per_address_and_per_account(workspace: Workspace) -> None:
    """Many accounts from one address; one account from many addresses; a house's IPv6 is one address."""
    for n in range(throttle.PER_ADDRESS):
        throttle.begin(workspace.state, f"{n}@example.com", f"2001:db8:1:1::{n}", 1_000_000 + n)
    with pytest.raises(throttle.TooManyAttempts):
        throttle.begin(workspace.state, "new@example.com", "2001:db8:1:1:ffff::1", 1_000_100)
    throttle.begin(workspace.state, "new@example.com", "2001:db8:1:2::1", 1_000_100)
    for n in range(throttle.PER_ACCOUNT):
        throttle.begin(workspace.state, "target@example.com", f"10.0.{n}.1", 2_000_000 + n)
    with pytest.raises(throttle.TooManyAttempts) as slowed:
        throttle.begin(workspace.state, "target@example.com", "10.1.1.1", 2_000_200)
    assert 0 < slowed.value.details["retry_after"] <= throttle.WINDOW // 1000 + 1
    throttle.begin(workspace.state, "target@example.com", "10.1.1.1", 2_000_200 + throttle.WINDOW)


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("a unix socket", "a unix socket"),
    ],
)
def test_what_counts_as_one_address(address: str, counted_as: str) -> None:
    """A household, not a device of it."""
    assert throttle.network(address) == counted_as
