"""Whose user id is it? What a page proves with an identity token, what it only claims, and what a claim can't do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from resa.collect import newcomers
from resa.collect.doors import Doors
from resa.collect.newcomers import MINUTE, Newcomers
from resa.collect.sources import Source
from resa.kernel import audit, profiles
from resa.kernel.identities import links
from resa.kernel.identity_tokens import proves
from resa.kernel.workspace import Workspace
from tests.collect.conftest import landed
from tests.kernel.making import draft

SECRET = "a secret of the shop's server"
NOW = 1_800_000_000_000


def web_token(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    """A JSON Web Token as any library makes it."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def plain_token(user: str, secret: str = SECRET) -> str:
    """The HMAC of the user id."""
    return hmac.new(secret.encode(), f"user:{user}".encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("token", "proved"),
    [
        (web_token({"sub": "ada"}), True),
        (web_token({"sub": "ada", "exp": NOW // 1000 + 60, "iat": NOW // 1000}), True),
        (plain_token("ada"), True),
        (plain_token("ada").upper(), True),
        (web_token({"sub": "bob"}), False),
        (web_token({"sub": "ada"}, "another secret"), False),
        (web_token({"sub": "ada", "exp": NOW // 1000 - 3600}), False),
        (web_token({"sub": "ada", "nbf": NOW // 1000 + 3600}), False),
        (web_token({"sub": "ada"}, algorithm="none"), False),
        (web_token({"sub": "ada"}, algorithm="HS512"), False),
        (web_token({"name": "ada"}), False),
        (web_token({"sub": "ada"}).rpartition(".")[0] + ".", False),
        (plain_token("bob"), False),
        (plain_token("ada", "another secret"), False),
        ("", False),
        ("..", False),
        ("ü" * 64, False),
        (None, False),
        (42, False),
    ],
)
def test_a_token_proves_the_user_it_was_signed_for_while_it_is_in_force(token: object, proved: bool) -> None:
    assert proves(token, "ada", SECRET, NOW) is proved


def test_a_user_id_that_looks_like_a_web_token_is_given_no_signature_of_one() -> None:
    forged = web_token({"sub": "ada"}).rpartition(".")[0]
    signed = bytes.fromhex(plain_token(forged))  # what the shop's server hands to whoever took this as their user id
    signature = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
    assert proves(plain_token(forged), forged, SECRET, NOW)
    assert not proves(f"{forged}.{signature}", "ada", SECRET, NOW)
    assert not proves(f"user:{forged}.{signature}", "ada", SECRET, NOW)


def test_the_bare_id_s_signature_proves_nothing() -> None:
    bare = hmac.new(SECRET.encode(), b"ada", hashlib.sha256).hexdigest()
    assert not proves(bare, "ada", SECRET, NOW)


def test_a_numeric_subject_is_its_text() -> None:
    assert proves(web_token({"sub": 42}), "42", SECRET, NOW)


def heeding(doors: Doors, source: Source, mode: str) -> Source:
    """The source, heeding tokens."""
    return doors.sources.heed_identity(audit.SYSTEM, source.key, mode)


async def send(door: httpx.AsyncClient, source: Source, *events: dict[str, Any]) -> dict[str, Any]:
    """Send events in one batch."""
    answer = await door.post("/v1/batch", json={"batch": list(events), "writeKey": source.write_key})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def signed_in(user: str = "ada", device: str = "phone", token: str | None = None, **fields: Any) -> dict[str, Any]:
    """An identify call as a page makes it."""
    context = {"identityToken": token, "locale": "sv"} if token else {"locale": "sv"}
    return {"type": "identify", "userId": user, "anonymousId": device, "context": context, **fields}


@pytest.mark.parametrize("mode", ["off", "accepted", "required"])
async def test_only_where_tokens_are_heeded_one_makes_a_page_believed(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace, mode: str
) -> None:
    source = heeding(doors, browser_source, mode)
    token = plain_token("ada", source.identity_secret or SECRET)
    assert (await send(door, source, signed_in(token=token)))["accepted"] == 1
    (event,) = landed(taking)
    assert event["verified"] is (mode != "off")


async def test_a_token_is_never_kept(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace
) -> None:
    source = heeding(doors, browser_source, "accepted")
    token = plain_token("ada", source.identity_secret or "")
    beside = signed_in(messageId="beside") | {"identityToken": token}
    await send(door, source, signed_in(token=token, messageId="within"), beside)
    events = landed(taking)
    assert [event["verified"] for event in events] == [True, True]
    assert token not in repr(events)
    assert [json.loads(event["context"]) for event in events] == [{"locale": "sv"}] * 2


async def test_where_tokens_are_required_a_user_id_without_one_is_a_failed_event_and_its_neighbours_land(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace
) -> None:
    source = heeding(doors, browser_source, "required")
    page = {"type": "page", "anonymousId": "phone"}
    wrong = signed_in(token=plain_token("bob", source.identity_secret or ""))
    answer = await send(door, source, signed_in(), wrong, page)
    assert answer["accepted"] == 1
    assert [(each["field"], each["value"]) for each in answer["failed"]] == [("userId", "ada")] * 2
    assert "identity token" in answer["failed"][0]["rule"]
    assert [event["type"] for event in landed(taking)] == ["page"]


async def test_a_device_that_proved_its_user_once_may_go_on_using_the_id_also_after_a_restart(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace
) -> None:
    source = heeding(doors, browser_source, "required")
    page = {"type": "page", "userId": "ada", "anonymousId": "phone"}
    elsewhere = {"type": "page", "userId": "ada", "anonymousId": "tablet"}
    proof = signed_in(token=plain_token("ada", source.identity_secret or ""))
    assert (await send(door, source, proof, page))["accepted"] == 2
    application: Any = Doors(taking).segment
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://resa.test") as later:
        answer = await send(later, source, page, elsewhere)
    assert (answer["accepted"], [each["index"] for each in answer["failed"]]) == (1, [1])
    assert [event["verified"] for event in landed(taking)] == [
        True,
        False,
        False,
    ]  # going on is no proof of anything new


async def test_a_token_lets_a_page_neither_join_two_users_nor_write_what_resa_writes(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace
) -> None:
    source = heeding(doors, browser_source, "accepted")
    token = plain_token("ada", source.identity_secret or "")
    await send(door, source, {"type": "page", "userId": "bob"}, signed_in(token=token))
    alias = {"type": "alias", "userId": "ada", "previousId": "bob", "context": {"identityToken": token}}
    consent = {"type": "track", "event": "Consent Changed", "userId": "ada", "context": {"identityToken": token}}
    answer = await send(door, source, alias, consent)
    assert [each["field"] for each in answer["failed"]] == ["event"]
    with taking.state.read() as tx:
        found = {row.state: row.reason for row in tx.execute(links.select().where(links.c.kind == "alias"))}
    assert found == {"refused": "Only a server may join two user ids."}


@pytest.mark.both_states
async def test_a_claimed_link_is_verified_once_the_device_shows_a_token(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, taking: Workspace
) -> None:
    source = heeding(doors, browser_source, "accepted")

    def verified() -> list[bool]:
        with taking.state.read() as tx:
            return [row.verified for row in tx.execute(links.select())]

    await send(door, source, signed_in())
    assert verified() == [False]
    await send(door, source, signed_in(token=plain_token("ada", source.identity_secret or "")))
    await send(door, source, signed_in())
    assert verified() == [True]


async def test_a_claim_takes_neither_a_verified_e_mail_nor_a_verified_consent(
    door: httpx.AsyncClient, doors: Doors, browser_source: Source, server_source: Source, taking: Workspace
) -> None:
    no, yes = ({"consent": {"categoryPreferences": {"marketing": said}}} for said in (False, True))
    await send(door, server_source, signed_in(traits={"email": "ada@shop.test"}, context=no))
    await send(door, browser_source, signed_in(traits={"email": "thief@evil.test"}, context=yes))
    taking.settle()

    def known() -> tuple[Any, str]:
        with taking.state.read() as tx:
            number = taking.identities.find(tx, ["user:ada"])["user:ada"]
            profile = taking.identities.profile_in(tx, number)
            found = profiles.read(taking.state, tx, {profile: taking.identities.members(tx, profile)})[profile]
        return found.trait("email"), next(each.state for each in found.consent if each.purpose == "marketing")

    assert known() == ("ada@shop.test", "denied")
    source = heeding(doors, browser_source, "accepted")
    token = plain_token("ada", source.identity_secret or "")
    await send(door, source, signed_in(traits={"email": "ada@home.test"}, token=token))
    taking.settle()
    assert known() == ("ada@home.test", "denied")


async def test_a_browser_key_can_date_no_event_back_by_more_than_a_week(
    door: httpx.AsyncClient, browser_source: Source, server_source: Source
) -> None:
    old = {"type": "page", "anonymousId": "phone", "timestamp": "2020-01-01T00:00:00Z"}
    refused = await send(door, browser_source, old)
    assert [each["field"] for each in refused["failed"]] == ["timestamp"]
    assert (await send(door, server_source, old))["accepted"] == 1


def test_an_alarm_goes_off_when_a_source_brings_far_more_newcomers_than_usual(taking: Workspace) -> None:
    now = [1_000_000 * MINUTE]
    counted = Newcomers(lambda: now[0], taking.identities.count)
    taking.tail.listen(counted.apply)

    def come(source: str, first: int, count: int) -> None:
        batch = [draft(anon=f"{source}-{first + number}", source=source) for number in range(count)]
        taking.committer.submit_sync(batch + batch[:1])

    for minute in range(newcomers.ENOUGH + newcomers.WINDOW):
        come("website", 300 * minute, 300)
        now[0] += MINUTE
    usual = counted.rate("website")
    assert (usual.recent, usual.usual, usual.alarm) == (2700, 3000, False)
    come("website", 100_000, 13_000)
    come("app", 0, 1_000)
    assert (counted.rate("website").recent, counted.rate("website").alarm) == (15_700, True)
    assert (counted.rate("app").recent, counted.rate("app").alarm) == (1_000, False)  # its usual rate is not known
    come("website", 0, 300)
    assert counted.rate("website").total == 70 * 300 + 13_000
    now[0] += newcomers.WINDOW * MINUTE
    assert counted.rates()["website"].alarm is False
