"""The HTTP face of mail: from a saved sender to a click, leaving by one press, and who may what."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.channels.email import Email, Mail, Queued
from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.email.conftest import Server, consent
from tests.kernel.making import identify

UNSUBSCRIBE = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def email(app: Litestar, workspace: Workspace, smtp: Server) -> Email:
    """The channel of the application, with a sender, and Ada, who agreed."""
    workspace.start()
    drafts = [identify(user="ada", anon="phone", email="ada@example.com"), consent("ada", "marketing", 1)]
    workspace.committer.submit_sync(drafts)
    workspace.settle()
    told = {"host": "127.0.0.1", "port": smtp.port, "security": "none", "from_address": "hello@shop.example"}
    workspace.definitions.save("email-sender", "default", told, expected=None, author="a test")
    provided: Any = app.dependencies["email"]
    found = provided.dependency()
    assert isinstance(found, Email)
    return found


def send(email: Email, smtp: Server, **values: object) -> str:
    """A mail to Ada with a link, sent; its plain text."""
    mail = Mail(
        to_identity="user:ada",
        address="ada@example.com",
        what="campaign:spring",
        template="message",
        values={"subject": "Spring", "button_label": "Look", "button_url": "https://shop.example/spring?a=1", **values},
        priority=100,
    )
    with email.workspace.state.write() as tx:
        assert isinstance(email.outbox.queue(tx, mail), Queued)
    assert email.sending.send_due() == 1
    body = smtp.messages()[-1].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def path_of(text: str, kind: str) -> str:
    """The path of the first link of a kind in a mail."""
    found = re.search(rf"https://cx\.shop\.example(/e/{kind}/[\w/]+)", text)
    assert found is not None, text
    return found[1]


def names(workspace: Workspace, *wanted: str) -> list[tuple[str, str]]:
    """(name, source) of events in the log."""
    workspace.settle()
    rows = workspace.body.query("SELECT name, source FROM log ORDER BY row").to_pylist()
    return [(row["name"], row["source"]) for row in rows if row["name"] in wanted]


async def test_a_click_leads_to_the_address_of_the_mail_and_is_told_once(
    email: Email, smtp: Server, stranger: httpx.AsyncClient, workspace: Workspace
) -> None:
    path = path_of(send(email, smtp), "c")
    looked = await stranger.head(path)
    assert (looked.status_code, looked.headers["location"]) == (302, "https://shop.example/spring?a=1")
    assert names(workspace, "Email Link Clicked") == []
    for _ in range(2):
        clicked = await stranger.get(path)
        assert (clicked.status_code, clicked.headers["location"]) == (302, "https://shop.example/spring?a=1")
    assert names(workspace, "Email Link Clicked")[0] == ("Email Link Clicked", "email")
    for other in (path[:-1] + "1", path.replace("/0", "/7"), f"/e/c/{'a' * 32}/0", "/e/c/x/0"):
        refused = await stranger.get(other)
        assert refused.status_code == 404, other
        assert "location" not in refused.headers


async def test_one_press_unsubscribes_and_looking_does_not(
    email: Email, smtp: Server, stranger: httpx.AsyncClient, workspace: Workspace
) -> None:
    send(email, smtp)
    header = str(smtp.messages()[-1]["List-Unsubscribe"])
    path = header.strip("<>").removeprefix("https://cx.shop.example")
    looked = await stranger.get(path, headers={"Accept-Language": "sv"})
    assert looked.status_code == 200
    assert "<form" in looked.text
    assert 'lang="sv"' in looked.text
    assert "script" not in looked.text
    assert names(workspace, "Unsubscribed") == []
    pressed = await stranger.post(path, data=UNSUBSCRIBE)
    assert pressed.status_code == 200
    assert names(workspace, "Unsubscribed") == [("Unsubscribed", "email")]
    mail = Mail(
        to_identity="anon:phone",
        address="ada@example.com",
        what="x",
        template="message",
        consent="not_denied",
        priority=100,
    )
    with workspace.state.write() as tx:
        held = email.outbox.queue(tx, mail)  # the other identity of the same customer
    assert getattr(held, "reason", None) == "no_consent"
    back = await stranger.post(path, data={"again": "1"})
    assert back.status_code == 200
    with workspace.state.write() as tx:
        assert isinstance(email.outbox.queue(tx, mail), Queued)
    assert (await stranger.post(f"/e/u/{'a' * 32}", data=UNSUBSCRIBE)).status_code == 404


async def test_a_test_goes_to_whoever_asks_and_tells_no_story(
    email: Email, smtp: Server, cast: Cast, workspace: Workspace
) -> None:
    editor, key = await cast.member("editor"), await cast.key("write", "read")
    answer = await editor.post("/api/email-templates/survey/test", json={"language": "en"})
    assert answer.status_code == 200, answer.text
    email.sending.send_due()
    (message,) = smtp.messages()
    assert message["To"] == answer.json()["address"]
    assert names(workspace, "Email Sent") == []
    assert (await key.post("/api/email-templates/survey/test", json={})).status_code == 400
    assert (await editor.post("/api/email-templates/nothing/test", json={})).status_code == 404


async def test_a_draft_is_looked_at_in_a_frame_where_nothing_runs(email: Email, viewer: httpx.AsyncClient) -> None:
    body = {"name": "x", "versions": [{"language": "en", "subject": "S", "body": "<mj-section></mj-section>"}]}
    look = await viewer.post("/api/email-looks", json={"body": body})
    assert look.status_code == 200, look.text
    frame = await viewer.get(look.json()["path"])
    assert frame.headers["content-type"].startswith("text/html")
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "script-src" not in frame.headers["content-security-policy"]
    assert (await viewer.get("/api/email-looks/nothing")).status_code == 404


async def test_the_queue_is_seen_and_mended(email: Email, smtp: Server, editor: httpx.AsyncClient) -> None:
    smtp.answers["ada@example.com"] = ["554 5.7.1 No"]
    mail = Mail(to_identity=None, address="ada@example.com", what="test:x", template="message", values={"subject": "S"})
    with email.workspace.state.write() as tx:
        email.outbox.queue(tx, mail)
    email.sending.send_due()
    status = (await editor.get("/api/email")).json()
    assert (status["states"], status["trouble"], status["https"]) == ({"failed": 1}, None, True)
    (failed,) = (await editor.get("/api/email/outbox", params={"state": "failed"})).json()["items"]
    assert (failed["code"], failed["reason"]) == ("554", "554 5.7.1 No")
    again = await editor.post(f"/api/email/outbox/{failed['id']}/retry")
    assert again.json()["state"] == "queued"
    assert (await editor.post(f"/api/email/outbox/{failed['id']}/cancel")).json()["state"] == "cancelled"
    assert (await editor.post(f"/api/email/outbox/{failed['id']}/cancel")).status_code == 409
    assert (await editor.post("/api/email/outbox/nothing/retry")).status_code == 404
    assert (await editor.get("/api/email/outbox", params={"state": "x"})).status_code == 400


async def test_suppressed_addresses_are_edited_and_audited(email: Email, editor: httpx.AsyncClient, cast: Cast) -> None:
    made = await editor.post("/api/email/suppressions", json={"address": "Eve@Example.com", "detail": "asked by phone"})
    assert (made.status_code, made.json()["address"], made.json()["reason"]) == (201, "eve@example.com", "by_hand")
    found = (await editor.get("/api/email/suppressions", params={"search": "EVE"})).json()["items"]
    assert [one["address"] for one in found] == ["eve@example.com"]
    assert (await editor.delete("/api/email/suppressions/eve@example.com")).status_code == 204
    assert (await editor.delete("/api/email/suppressions/eve@example.com")).status_code == 404
    admin = await cast.member("admin")
    actions = [line["action"] for line in (await admin.get("/api/audit")).json()["items"]]
    assert {"email.suppressed", "email.unsuppressed"} <= set(actions)


async def test_bounces_need_a_key_that_may_write_events(email: Email, stranger: httpx.AsyncClient, cast: Cast) -> None:
    raw = b"To: a@b.example\r\nSubject: x\r\n\r\nhello"
    assert (await stranger.post("/v1/email/bounces", content=raw)).status_code == 401
    assert (await (await cast.key("read")).post("/v1/email/bounces", content=raw)).status_code == 403
    key = await cast.key("events:write")
    answer = await key.post("/v1/email/bounces", content=raw, headers={"Content-Type": "message/rfc822"})
    assert (answer.status_code, answer.json()["happened"]) == (200, "nothing"), answer.text
    assert (await key.post("/v1/email/bounces", json={"message": raw.decode()})).json()["mail"] is None
    assert (await key.post("/v1/email/bounces", json={"message": 3})).status_code == 400


async def test_a_sender_names_no_other_secret_and_a_password_goes_only_where_the_operator_said(
    email: Email, editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESA_SMTP_PASSWORD", "hidden")
    body = {"host": "smtp.evil.example", "from_address": "a@b.example", "username": "u"}
    named = await editor.post("/api/email/try", json={**body, "password_env": "RESA_OWNER_PASSWORD"})
    assert (named.status_code, named.json()["field"]) == (400, "password_env")
    elsewhere = await editor.post(
        "/api/email/try", json={**body, "password_env": "RESA_SMTP_PASSWORD", "host": "127.0.0.2"}
    )
    assert (elsewhere.json()["ok"], elsewhere.json()["code"]) == (False, "forbidden")
