"""The hook for a language model: spoken to over a real connection, within its budget, in strict JSON, without personal details."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from resa.feedback import themes
from resa.feedback.themes import runs, store
from resa.feedback.themes.language_model import asking, calls, uses
from resa.feedback.themes.language_model.redaction import redacted
from resa.kernel import outbound
from resa.kernel.audit import SYSTEM
from resa.kernel.errors import Refused, ResaError
from resa.kernel.workspace import Workspace
from tests.kernel.making import draft, identify

pytestmark = pytest.mark.both_states


@dataclass
class Endpoint:
    """A server that speaks chat completions, and remembers what it was asked."""

    url: str = ""
    says: str = '{"name": "Late parcels"}'
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.keys.append(self.headers["Authorization"])
            body = json.dumps({"choices": [{"message": {"role": "assistant", "content": state.says}}]}).encode()
            self.send_response(state.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    yield state
    server.shutdown()
    server.server_close()


def name(workspace: Workspace, endpoint: Endpoint, **settings: Any) -> None:
    body = {"on": True, "base_url": endpoint.url, "model": "small", "uses": ["names", "translations"], **settings}
    known = workspace.definitions.ever("language-model")
    workspace.definitions.save("language-model", "default", body, expected=None if known else 0, author="x")


def test_it_is_asked_only_for_what_it_may_be_and_shown_what_was_sent(
    workspace: Workspace, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    themes.register(workspace)
    comments = ["Parcel 1234567 came late, write to ada@example.com or +46 70 123 45 67"]
    assert uses.name(workspace, ["late"], comments) is None
    name(workspace, endpoint, key_variable="RESA_MODEL_KEY")
    monkeypatch.setenv("RESA_MODEL_KEY", "sesame")
    assert uses.name(workspace, ["late"], comments) == "Late parcels"
    assert uses.summary(workspace, comments, "en") is None
    assert len(endpoint.asked) == 1
    assert endpoint.keys == ["Bearer sesame"]
    sent = endpoint.asked[0]["messages"][1]["content"]
    assert "ada@" not in sent
    assert "1234567" not in sent
    assert "123 45" not in sent
    (kept,) = calls.recent(workspace.state)
    assert (kept.use, kept.error) == ("names", None)
    assert sent in kept.sent
    assert "sesame" not in kept.sent
    calls.forget_words(workspace.state)
    assert calls.recent(workspace.state)[0].sent == ""


@pytest.mark.parametrize(
    "says", ["", "I think it is about parcels.", '{"name": ""}', '{"name": "x", "more": 1}', "[" * 5_000, '{"name": 3}']
)
def test_anything_but_the_json_asked_for_is_refused(workspace: Workspace, endpoint: Endpoint, says: str) -> None:
    themes.register(workspace)
    name(workspace, endpoint)
    endpoint.says = says
    with pytest.raises(asking.Misspoken):
        uses.name(workspace, [], ["text"])
    assert calls.recent(workspace.state)[0].error


def test_the_budget_of_a_day_holds_and_redirects_lead_nowhere(workspace: Workspace, endpoint: Endpoint) -> None:
    themes.register(workspace)
    name(workspace, endpoint, calls_a_day=2)
    endpoint.status = 302
    with pytest.raises(asking.Misspoken):
        uses.name(workspace, [], ["text"])
    endpoint.status = 200
    assert uses.name(workspace, [], ["text"]) == "Late parcels"
    with pytest.raises(asking.Spent):
        uses.name(workspace, [], ["text"])
    assert len(endpoint.asked) == 2
    name(workspace, endpoint, characters_a_day=100)
    with pytest.raises(asking.Spent):
        uses.name(workspace, [], ["text"])


def test_texts_that_are_missing_are_not_made_up(workspace: Workspace, endpoint: Endpoint) -> None:
    themes.register(workspace)
    name(workspace, endpoint)
    endpoint.says = '{"texts": ["ett"]}'
    assert uses.translation(workspace, ["one"], "sv") == ["ett"]
    with pytest.raises(asking.Misspoken):
        uses.translation(workspace, ["one", "two"], "sv")


def test_what_nobody_can_read_is_asked_once_without_names_and_told_in_the_log(
    workspace: Workspace, endpoint: Endpoint
) -> None:
    comments = themes.register(workspace)
    workspace.start()
    texts = {"m1": "Kanishthira ogbono Byron vexaqu", "m2": "Zzyx qwerty kwux plomf"}  # in no language that is known
    drafts = [
        draft("Chat Message Received", user="ada", message_id=key, properties={"text": text})
        for key, text in texts.items()
    ]
    workspace.committer.submit_sync([identify(user="ada", name="Ada Byron"), *drafts])
    workspace.settle()
    comments.jobs.tell()
    assert {row.sentiment for row in kept(workspace)} == {"not yet"}
    upkeep = comments.jobs.upkeep
    assert "ask" not in upkeep.due()  # nobody named a model
    name(workspace, endpoint)
    assert "ask" not in upkeep.due()  # it may not be asked for this
    name(workspace, endpoint, uses=["sentiment"])
    assert "ask" in upkeep.due()

    endpoint.says = '{"items": [{"sentiment": "negative", "probability": 0.9}]}'  # one is missing: nothing is made up
    run = comments.jobs.start("ask", SYSTEM)
    comments.jobs.wait()
    assert runs.get(workspace.state, run.id).state == "failed"
    assert {row.sentiment for row in kept(workspace)} == {"not yet"}
    assert "ask" not in upkeep.due()  # not again within the hour
    endpoint.says = (
        '{"items": [{"sentiment": "negative", "probability": 0.9}, {"sentiment": "positive", "probability": 0.6}]}'
    )
    run = comments.jobs.start("ask", SYSTEM)
    comments.jobs.wait()
    assert runs.get(workspace.state, run.id).result == {"read": 2, "spent": False}
    assert {(row.sentiment, row.model) for row in kept(workspace)} == {
        ("negative", "lm:small"),
        ("positive", "lm:small"),
    }
    assert "ask" not in upkeep.due()
    sent = endpoint.asked[-1]["messages"][1]["content"]
    assert "Byron" not in sent
    assert "[name] vexaqu" in sent

    comments.jobs.tell()
    workspace.settle()
    sql = "SELECT properties->>'sentiment' AS s FROM log WHERE name = 'Comment Understood' ORDER BY \"row\""
    assert sorted(workspace.body.query(sql).column("s").to_pylist()) == ["negative", "not yet", "not yet", "positive"]
    comments.jobs.start("read", SYSTEM)
    comments.jobs.wait()  # our own model, read anew, can't say more
    assert {row.model for row in kept(workspace)} == {"lm:small"}
    comments.jobs.close()


def kept(workspace: Workspace) -> list[Any]:
    with workspace.state.read() as tx:
        return list(tx.execute(sa.select(store.comments)))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Mrs. Anna-Lena Öberg was rude", "Mrs. [name] was rude"),
        ("Jag heter Per Ström och är arg", "Jag heter [name] och är arg"),
        ("Nie wieder! Viele Grüße, Jürgen Groß", "Nie wieder! Viele Grüße, [name]"),
        ("Best regards\nJohn", "Best regards\n[name]"),
        ("Best regards to all of you", "Best regards to all of you"),
        ("The Miss in the shop helped", "The Miss in the shop helped"),
    ],
)
def test_names_go_where_words_say_that_one_follows(text: str, clean: str) -> None:
    assert redacted(text) == clean


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/v1",
        "ftp://127.0.0.1/",
        "https://user:word@example.com/",
        "https://example.com/?x=1",
        "https:///v1",
        "https://example.com:99999/",
        "http://169.254.169.254/latest",
    ],
)
def test_addresses_that_are_refused(workspace: Workspace, url: str) -> None:
    themes.register(workspace)
    with pytest.raises(Refused):
        workspace.definitions.save("language-model", "default", {"base_url": url, "model": "m"}, expected=0, author="x")


def test_no_other_secret_of_the_environment_can_be_sent(workspace: Workspace) -> None:
    themes.register(workspace)
    body = {"base_url": "https://example.com/v1", "model": "m", "key_variable": "AWS_SECRET_ACCESS_KEY"}
    with pytest.raises(Refused):
        workspace.definitions.save("language-model", "default", body, expected=0, author="x")


@pytest.mark.parametrize(
    ("address", "private", "may"),
    [
        ("127.0.0.1", False, False),
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("169.254.169.254", True, False),
        ("::1", True, False),
        ("::ffff:10.0.0.1", False, False),
        ("::ffff:169.254.169.254", True, False),
        ("0.0.0.0", True, False),
        ("93.184.215.14", False, True),
    ],
)
def test_addresses_that_a_name_may_lead_to(address: str, private: bool, may: bool) -> None:
    assert outbound.allowed(address, loopback=False, private=private) is may


def test_a_host_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ResaError, match="did not answer"):
        outbound.post(outbound.target("x", "http://127.0.0.1:9/"), "/", b"{}", {}, seconds=2)


def test_details_are_taken_out_and_the_rest_stays() -> None:
    text = (
        "Ada Byron here: order AB-12345, IBAN SE45 5000 0000 0583 9825 7466, https://x.example/y @ada. Fits in 10 days!"
    )
    assert (
        redacted(text, ["Ada Byron"]) == "[name] here: order [code], IBAN [account], [link] [handle]. Fits in 10 days!"
    )
