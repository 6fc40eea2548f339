"""What can't be right is refused when it is saved: by name, value, rule and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from resa.experiences import blocks, checking, markup, placeholders
from resa.experiences.definition import Content, Experience, Offer, Version
from resa.kernel import decoding
from resa.kernel.errors import Refused
from tests.cast import Cast

VARIATION = {"key": "a", "content": "c"}


def refused(kind: type[Any], check: Any, **body: Any) -> str:
    """The field that is refused."""
    with pytest.raises(Refused) as refusal:
        check(decoding.decode(kind, {"name": "One", **body}))
    assert refusal.value.details["remedy"]
    return str(refusal.value.details["field"])


def content(type_: str, body: dict[str, Any], language: str = "en") -> dict[str, Any]:
    """Content with one version."""
    return {"type": type_, "versions": [{"language": language, "body": body}]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "text", "versions": []}, "versions"),
        (content("text", {}), "versions[0].body.text"),
        (content("text", {"text": ""}), "versions[0].body.text"),
        (content("text", {"html": "x"}), "versions[0].body.html"),
        (content("text", {"text": "x"}, "english!"), "versions[0].language"),
        (content("text", {"text": "{{ trait.name"}), "versions[0].body.text"),
        (content("text", {"text": "{% if x %}{{ x | upcase }}"}), "versions[0].body.text"),
        (content("html", {"html": "<script>1</script>"}), "versions[0].body.html"),
        (content("banner", {}), "versions[0].body"),
        (content("popup", {"title": "x", "buttons": [{"label": "go", "url": "javascript:alert(1)"}]}),
         "versions[0].body.buttons[0].url"),
        (content("popup", {"title": "x", "image": "data:image/svg+xml,<svg>"}), "versions[0].body.image"),
        (content("redirect", {"url": "https://evil.example/"}), "versions[0].body.url"),
        (content("redirect", {"url": "//evil.example/"}), "versions[0].body.url"),
        ({**content("text", {"text": "x"}), "schedule": {"start": "tomorrow"}}, "schedule.start"),
    ],
)  # fmt: skip
def test_content_that_says_nothing_or_leads_astray_is_refused(body: dict[str, Any], field: str) -> None:
    assert refused(Content, checking.content, **body) == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"variations": []}, "variations"),
        ({"variations": [{"key": "a"}]}, "variations"),
        ({"variations": [VARIATION, VARIATION]}, "variations[1].key"),
        ({"variations": [{"key": "A b", "content": "c"}]}, "variations[0].key"),
        ({"variations": [{**VARIATION, "weight": 0}]}, "variations"),
        ({"frequency": {"most": 1, "per": "sometimes"}}, "frequency.per"),
        ({"context": {"pages": [{"pattern": "(", "type": "regex"}]}}, "context.pages[0].pattern"),
        ({"context": {"pages": [{"pattern": "(a+)+$", "type": "regex"}]}}, "context.pages[0].pattern"),
        ({"context": {"devices": ["fridge"]}}, "context.devices[0]"),
        ({"context": {"locales": ["?"]}}, "context.locales[0]"),
        ({"schedule": {"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}, "schedule.end"),
        ({"schedule": {"start": "2026-02-01T00:00:00"}}, "schedule.start"),
        ({"placement": "Not A Key"}, "placement"),
    ],
)
def test_an_experience_that_could_not_be_decided_on_is_refused(body: dict[str, Any], field: str) -> None:
    whole = {"placement": "p", "variations": [VARIATION], **body}
    assert refused(Experience, checking.experience, **whole) == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"codes": "shared"}, "code"),
        ({"codes": "single", "code": "X"}, "code"),
        ({"cost": {"amount": 1, "currency": "euro"}}, "cost.currency"),
    ],
)
def test_an_offer_without_its_terms_is_refused(body: dict[str, Any], field: str) -> None:
    assert refused(Offer, checking.offer, **body) == field


async def test_what_is_named_must_be_there_and_fit(cast: Cast) -> None:
    editor = await cast.member("editor")

    async def save(kind: str, key: str, **body: Any) -> dict[str, Any]:
        answer = await editor.post(f"/api/{kind}", json={"key": key, "body": {"name": key, **body}})
        told: dict[str, Any] = answer.json()
        assert answer.status_code in (201, 400), told
        return told

    experience = {"placement": "hero", "status": "live", "variations": [VARIATION]}
    assert (await save("experiences", "e", **experience))["field"] == "placement"
    await save("placements", "hero", types=["text"])
    assert (await save("experiences", "e", **experience))["field"] == "variations[0].content"
    await save("content", "c", **content("banner", {"title": "x"}))
    assert (await save("experiences", "e", **experience))["field"] == "variations[0].content"
    await save("content", "text", **content("text", {"text": "x"}))
    fits = {**experience, "variations": [{"key": "a", "content": "text"}]}
    for field in ("audience", "persona", "experiment"):
        assert (await save("experiences", "e", **fits, **{field: "nobody"}))["field"] == field
    nested = {"condition": {"$or": [{"country": "SE"}, {"$audience": "nobody"}]}}
    refused = await save("experiences", "e", **fits, context=nested)
    assert (refused["field"], refused["code"]) == ("context.condition.$or[1].$audience", "unknown")
    await save("experiments", "test", variations=[{"key": "a"}, {"key": "b"}])
    assert (await save("experiences", "e", **fits, experiment="test"))["field"] == "variations"
    assert (await save("experiences", "e", **fits))["version"] == 1
    assert (await editor.delete("/api/content/text")).json()["code"] == "in_use"
    assert (await editor.delete("/api/placements/hero")).json()["code"] == "in_use"
    assert (await save("placements", "other", default="nothing"))["field"] == "default"


async def test_redirects_that_lead_in_a_circle_are_refused(cast: Cast) -> None:
    editor = await cast.member("editor")
    await editor.post("/api/placements", json={"key": "page", "body": {"name": "Page"}})
    for key, url in (("to-a", "/a"), ("to-b", "/b")):
        await editor.post("/api/content", json={"key": key, "body": {"name": key, **content("redirect", {"url": url})}})

    async def lead(key: str, start: str, to: str) -> Any:
        body = {
            "name": key,
            "placement": "page",
            "status": "live",
            "variations": [{"key": "only", "content": to}],
            "context": {"pages": [{"pattern": start}]},
        }
        return (await editor.post("/api/experiences", json={"key": key, "body": body})).json()

    assert (await lead("itself", "/a*", "to-a"))["code"] == "circular"
    assert (await lead("first", "/a", "to-b"))["version"] == 1
    assert (await lead("second", "/b", "to-a"))["code"] == "circular"
    assert (await lead("third", "/c", "to-a"))["version"] == 1


async def test_html_is_clean_as_it_is_kept(cast: Cast) -> None:
    editor = await cast.member("editor")
    body = {"name": "h", **content("html", {"html": '<b onclick="x()">Hi</b><script>alert(1)</script>'})}
    await editor.post("/api/content", json={"key": "h", "body": body})
    kept = (await editor.get("/api/content/h")).json()["body"]
    assert kept["versions"][0]["body"] == {"html": "<b>Hi</b>"}


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("text", {"text": "Hi {{ trait.x }}"}, {"text": "Hi <img src=x onerror=alert(1)>"}),
        ("html", {"html": "<p>{{ trait.x }}</p>"}, {"html": "<p>&lt;img src=x onerror=alert(1)&gt;</p>"}),
        ("html", {"html": '<a href="{{ trait.u }}">go</a>'}, {"html": '<a rel="noopener noreferrer">go</a>'}),
        ("html", {"html": '<i title="{{ trait.q }}">x</i>'}, {"html": '<i title="&quot; onmouseover=alert(1)">x</i>'}),
        ("banner", {"title": "x", "buttons": [{"label": "go", "url": "/p?q={{ trait.u }}"}]},
         {"title": "x", "buttons": [{"label": "go", "url": "/p?q=javascript%3Aalert%281%29"}]}),
        ("json", {"data": {"a": ["{{ trait.q }}", 1], "__proto__": 1}}, {"data": {"a": ['" onmouseover=alert(1)', 1]}}),
    ],
)  # fmt: skip
def test_what_is_put_in_is_escaped_by_where_it_stands(
    name: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    traits = {"x": "<img src=x onerror=alert(1)>", "u": "javascript:alert(1)", "q": '" onmouseover=alert(1)'}
    shown = blocks.Shown(name, Version(language="en", body=body))
    assert shown.body({"trait": traits}) == expected


def test_a_placeholder_falls_back_on_its_default() -> None:
    parts = placeholders.parse("text", 'Hi {{trait.name|default:"you"}}, {{ campaign.term }}!')
    assert placeholders.fill(parts, {}, placeholders.plain) == "Hi you, !"
    assert placeholders.fill(parts, {"trait": {"name": ["odd"]}}, placeholders.plain) == "Hi you, !"
    assert placeholders.fill(parts, {"trait": {"name": "Ada\u202e"}}, placeholders.plain) == "Hi Ada, !"


@pytest.mark.parametrize("url", ["javascript:1", " javascript:1", "java\tscript:1", "JAVASCRIPT:1", "data:text/html,x",
                                 "vbscript:x", "\x01javascript:1", "&#106;avascript:1", "javascript&colon;1", "x:y"])  # fmt: skip
def test_an_address_with_another_scheme_may_not_be_led_to(url: str) -> None:
    assert not markup.safe_link(url)


@pytest.mark.parametrize("url", ["https://a.example/x?y=1#z", "/x", "x.html", "#a", "?q=a:b", "mailto:a@b.example"])
def test_usual_addresses_may(url: str) -> None:
    assert markup.safe_link(url)
