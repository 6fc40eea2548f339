"""Hostile content, traits and addresses, decided and rendered by a page as the docs say: nothing of them runs in a real browser."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Browser

from tests.browser.conftest import Shop

HIT = "window.top.hit = (window.top.hit || 0) + 1"
HOSTILE = [
    f"<script>{HIT}</script>",
    f"<img src=x onerror='{HIT}'>",
    f"<svg onload='{HIT}'><animate onbegin='{HIT}' attributeName=x dur=1s></svg>",
    f"<a href='javascript:{HIT}'>go</a>",
    f"<a href='&#106;ava\tscript:{HIT}'>go</a>",
    f"<iframe srcdoc='<script>{HIT}</script>'></iframe>",
    f"<form action='javascript:{HIT}'><button>go</button></form>",
    f"<math><mtext><table><mglyph><style><img src=x onerror='{HIT}'></style></mglyph></table></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={HIT}>'>",
    f"<details open ontoggle='{HIT}'>x</details><video><source onerror='{HIT}'></video>",
    f"<a href='data:text/html,<script>{HIT}</script>' target='_top'>go</a>",
    f"<base href='javascript:{HIT}//'><link rel=stylesheet href='javascript:{HIT}'>",
]
TRAIT = f"'\"><img src=x onerror='{HIT}'><script>{HIT}</script>"
ADDRESS = f"javascript:{HIT}"

RENDER = """
async ({address, body}) => {
  const ask = () => fetch(address + "/v1/decide", {method: "POST", body: JSON.stringify(body)}).then(r => r.json());
  let answer = await ask();
  for (let more = 5; more && answer.decisions.some(d => d.reason.code === "timeout"); more--) answer = await ask();  // a busy machine
  for (const {content} of answer.decisions) {
    const root = document.body.appendChild(document.createElement("div")).attachShadow({mode: "open"});
    const add = (tag, fill) => fill(root.appendChild(document.createElement(tag)));
    if (content.body.text) add("p", p => { p.textContent = content.body.text; });
    if (content.body.html) add("div", div => { div.innerHTML = content.body.html; });
    for (const button of content.body.buttons || []) add("a", a => { a.href = button.url; a.textContent = button.label; });
  }
  await new Promise(done => setTimeout(done, 300));
  document.querySelectorAll("div").forEach(host => host.shadowRoot.querySelectorAll("a, button").forEach(each => {
    each.addEventListener("click", event => { if (!/^(javascript|data):/i.test(each.href || "")) event.preventDefault(); });
    each.click();
  }));
  await new Promise(done => setTimeout(done, 200));
  return {hit: window.hit || 0, shown: answer.decisions.map(d => d.content && d.content.key), text: document.body.firstChild.shadowRoot.textContent};
}
"""


def test_nothing_hostile_in_content_traits_or_addresses_runs(shop: Shop, chromium: Browser) -> None:
    with shop.api() as api:
        placements = _defined(api)
    shop.send(
        "identify",
        {
            "anonymousId": "hostile",
            "traits": {"nick": TRAIT, "link": ADDRESS},
            "context": {"consent": {"categoryPreferences": {"personalization": True}}},
        },
    )
    shop.workspace.settle()
    body = {"writeKey": shop.write_key, "anonymousId": "hostile", "placements": placements}
    page = chromium.new_page()
    try:
        page.set_content("<!doctype html><title>shop</title>")
        found = page.evaluate(RENDER, {"address": shop.address, "body": body})
        assert found["shown"] == placements
        assert found["hit"] == 0
        assert TRAIT in found["text"]  # the trait is there, as text
        page.set_content(f"<!doctype html><body><div></div><img src=x onerror='{HIT}'>")
        page.wait_for_function("window.hit > 0")  # the trap itself works
    finally:
        page.close()


def _defined(api: httpx.Client) -> list[str]:
    """A placement for each piece of content that is out to harm; answers their keys."""
    contents: list[tuple[str, dict[str, Any]]] = [("text", {"text": "Hi {{ trait.nick }}"})]
    contents += [("html", {"html": f"<p>Hi</p>{hostile}"}) for hostile in HOSTILE]
    contents += [
        ("html", {"html": "<p>Hi {{ trait.nick }}</p>"}),
        ("html", {"html": '<a href="{{ trait.link }}" title="{{ trait.nick }}">go</a>'}),
        ("banner", {"title": "Hi", "buttons": [{"label": "go", "url": "/go?next={{ trait.link }}"}]}),
        (
            "banner",
            {"title": "Hi", "html": "<b>{{ trait.nick }}</b>", "buttons": [{"label": "x", "url": "{{ trait.link }}"}]},
        ),
    ]
    keys = []
    for number, (kind, body) in enumerate(contents):
        key = f"hostile-{number}"
        keys.append(key)
        whole = {"name": key, "type": kind, "approval": "approved", "versions": [{"language": "en", "body": body}]}
        shown = {"name": key, "placement": key, "status": "live", "holdout": 0.0}
        shown["variations"] = [{"key": "only", "content": key}]
        for path, definition in (("placements", {"name": key}), ("content", whole), ("experiences", shown)):
            api.post(f"/api/{path}", json={"key": key, "body": definition}).raise_for_status()
    return keys
