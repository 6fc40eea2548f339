"""What a mail is made of: hostile values stay inert, mail programs get what they can show, the text says what the HTML says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from resa.brand import Brand, Colours
from resa.channels.email import composing, filling, html
from resa.channels.email.composing import MOST_HTML, Composed, Surroundings
from resa.channels.email.definition import TemplateVersion
from resa.channels.email.layout import MOST_IN_ROW
from resa.channels.email.starters import STARTERS, SURVEY
from resa.kernel.errors import Refused

AROUND = Surroundings(
    Brand(name="Hill & Harbour", address="1 Quay", colours=Colours(primary="#14665a")),
    "default",
    "https://cx.shop.example",
    unsubscribe="https://cx.shop.example/e/u/abc",
)


def made(
    body: str = "<mj-section><mj-column><mj-text>{{ a }}</mj-text></mj-column></mj-section>", **values: Any
) -> Composed:
    """A mail of that body."""
    version = TemplateVersion(language="en", subject="{{ subject | default: 'Hello' }}", body=body)
    return composing.compose(version, values, AROUND)


class Seen(HTMLParser):
    """Tags and attributes, and no tag that runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<mj-include path='/etc/passwd' />",
    "</mj-text></mj-column><mj-raw><script>x</script></mj-raw>",
    "{{ 7 | times: 7 }}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --><![endif]--><script>x</script>",
    "\u202etxt.exe\u0000",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_a_customer_is_called_stays_text(value: str) -> None:
    found = made(a=value, subject=value)
    seen = Seen(found.html)
    assert "script" not in seen.tags
    assert not {name for name in seen.names if name.startswith("on")}
    assert "49" not in found.text
    assert "\n" not in found.subject
    assert not re.search(r"[\x00\u202e]", found.subject)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "\u0001javascript:alert(1)",
        "data:text/html,<script>x</script>",
        "vbscript:x",
        'https://shop.example" onclick="alert(1)',
        "//evil.example",
        "/path",
        "javascript&#58;alert(1)",
        "javascript&colon;alert(1)",
    ],
)
def test_links_lead_to_the_web_a_mailbox_or_a_telephone(url: str) -> None:
    body = (
        '<mj-section><mj-column><mj-button href="{{ url }}">a</mj-button>'
        '<mj-text><a href="{{ url }}">b</a></mj-text><mj-image src="{{ url }}" href="{{ url }}" /></mj-column></mj-section>'
    )
    seen = Seen(made(body, url=url).html)
    assert not {name for name in seen.names if name.startswith("on")}
    assert {html.scheme(link) for link in seen.links} <= {"http", "https", "mailto", "tel"}


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in (1..100000000) %}x{% endfor %}",
        "{% for a in (1..999) %}{% for b in (1..999) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'x' %}{% for i in (1..999) %}{% assign a = a | append: a %}{% endfor %}",
        "{% capture a %}{% for i in (1..999) %}{{ big }}{% endfor %}{% endcapture %}{{ a }}{{ a }}{{ a }}",
        "{% assign n = 9 %}{% for i in (1..999) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
        "{% assign r = (1..1000000000) %}{{ r | sort }}",
        "{% tablerow i in (1..100000000) %}x{% endtablerow %}",
        "{% capture a %}{% for i in (1..90) %}{{ big }}{% endfor %}{% endcapture %}{{ a | replace: '', a }}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% for a in b %}",
        "{{ (1..1000000000) | join: ',' }}",
        "<mj-section><mj-column></mj-section>",
    ],
)
@pytest.mark.timeout(20)
def test_a_template_that_goes_on_for_ever_or_is_none_is_refused(body: str) -> None:
    with pytest.raises(Refused):
        made(body, big="y" * 4000)


@pytest.mark.timeout(20)
def test_a_template_within_every_bound_is_refused_once_it_takes_too_long() -> None:
    """Each round and each filter may be; all of them together would hold up everybody's mail."""
    slow = "{{ a | split: '' | reverse | join: '' | split: '' | size }}"
    body = "{% capture a %}{% for i in (1..90) %}{{ big }}{% endfor %}{% endcapture %}{% for i in (1..900) %}SLOW{% endfor %}"
    with pytest.raises(Refused, match=f"it takes longer than {filling.SECONDS:g} seconds"):
        made(body.replace("SLOW", slow), big="y" * 4000)
    assert "\nx\n" in made(a="x").text, "the next one has its whole time"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Answer on a page instead"), ("sv-SE", "Svara på en sida i stället")]
)
def test_starters_speak_english_and_swedish(language: str, said: str) -> None:
    mail = composing.compose(SURVEY.in_language(language), SURVEY.example, AROUND)
    assert said in mail.html


def test_a_value_reaches_nothing_of_the_program() -> None:
    class Secret:
        token = "hidden"

        def __str__(self) -> str:
            return "shown"

    found = made(
        "<mj-section><mj-column><mj-text>[{{ a.token }}{{ a.__class__ }}{{ a }}]</mj-text></mj-column></mj-section>",
        a=Secret(),
    )
    assert "[shown]" in found.text
    assert "insides" not in found.html


def test_an_include_reads_no_file() -> None:
    with pytest.raises(Refused):
        made('<mjml><mj-body><mj-include path="/etc/hostname" /></mj-body></mjml>')


@pytest.mark.parametrize(
    "body",
    [
        "<mj-raw><script>alert(1)</script><p onclick='x()'>hi</p></mj-raw>",
        "<mj-raw><iframe src='https://evil.example'></iframe><form action='/x'><input></form>hi</mj-raw>",
        "<mj-raw><svg onload='x()'><a xlink:href='javascript:x'>y</a></svg>hi</mj-raw>",
        "<mj-raw><meta http-equiv='refresh' content='0;url=https://evil.example'>hi</mj-raw>",
        "<mj-raw><!--[if mso]><script>x</script><![endif]-->hi</mj-raw>",
        '<mj-raw><p style="background:url(javascript:x)">hi</p></mj-raw>',
    ],
)
def test_a_template_brings_nothing_that_runs_or_takes_input(body: str) -> None:
    found = made(
        f"<mjml><mj-body><mj-section><mj-column><mj-text>t</mj-text></mj-column></mj-section>{body}</mj-body></mjml>"
    )
    seen = Seen(found.html)
    assert not {"script", "iframe", "form", "input", "svg", "object"} & set(seen.tags)
    assert not {name for name in seen.names if name.startswith("on")}
    assert "<script" not in found.html
    assert "javascript:" not in found.html
    assert 'http-equiv="refresh' not in found.html


# -- what mail programs can show -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", STARTERS)
def test_a_starter_is_a_mail_that_gmail_outlook_and_apple_can_show(key: str) -> None:
    template = STARTERS[key]
    found = composing.compose(template.versions[0], template.example, AROUND)
    assert found.problems == []
    assert found.size < MOST_HTML / 4
    head = found.html[: found.html.index("</head>")]
    assert "<meta charset" in head.lower() or "charset=utf-8" in head.lower()
    assert 'name="viewport"' in head
    assert "<title>" in head
    body = found.html[found.html.index("<body") :]
    assert "<style" not in body  # Gmail drops styles there
    assert "position:" not in body  # Gmail and Outlook heed none
    assert "display:flex" not in body  # Outlook lays out by tables
    assert "url(" not in body
    assert "var(--" not in found.html  # no mail program but Apple's knows them
    assert not re.search(r"<img(?![^>]*\salt=)", body)
    assert "[if mso" in found.html  # Outlook gets its tables
    assert 'lang="en"' in found.html
    assert "1 Quay" in found.text
    assert "https://cx.shop.example/e/u/abc" in found.text


@pytest.mark.parametrize("count", [2, 5, 7, 11])
def test_each_answer_of_a_survey_is_a_link_wide_enough_for_a_thumb_and_works_without_css(count: int) -> None:
    links = [{"label": str(n), "url": f"https://cx.shop.example/s/t?a={n}"} for n in range(count)]
    found = composing.compose(SURVEY.versions[0], {**SURVEY.example, "links": links}, AROUND)
    cells = re.findall(r"<td[^>]*bgcolor=\"#14665a\"[^>]*>.*?</td>", found.html, re.S)
    assert len(cells) == count
    for cell, link in zip(cells, links, strict=True):
        assert f'href="{link["url"]}"' in cell
        assert 'height="48"' in cell  # attributes, for programs that heed no style
        assert "min-width:44px" in cell
        assert "aria-label=" in cell
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", found.html, re.S) if 'bgcolor="#14665a"' in row]
    widths = [row.count('bgcolor="#14665a"') for row in rows]
    assert max(widths) <= MOST_IN_ROW
    assert max(widths) - min(widths) <= 1
    for link in links:
        assert f"<{link['url']}>" in found.text


def test_a_mail_that_gmail_would_cut_off_says_so() -> None:
    found = made(a=["x" * 3900] * 40)
    assert found.size > MOST_HTML
    assert found.problems == ["too_large"]


def test_the_text_keeps_links_lists_and_pictures_words_and_leaves_out_what_is_hidden() -> None:
    said = html.text_of(
        "<head><style>x</style></head><p>One <b>two</b></p><ul><li>a</li><li><a href='https://a.example/?x=1&amp;y=2'>b</a></li></ul>"
        "<div style='display:none'>hidden</div><img alt='A tree' src='https://x/y.png'><p>https and <a href='https://c.example'>https://c.example</a></p>"
    )
    assert said == ("One two\n\n- a\n- b <https://a.example/?x=1&y=2>\nA tree\n\nhttps and https://c.example\n"), said
