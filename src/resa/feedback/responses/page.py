"""A survey as a page: HTML and CSS, no script, light, for any size of screen, any direction of writing, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final, NamedTuple

from resa.feedback.responses import styles
from resa.feedback.surveys import answering, flow, piping, texts
from resa.feedback.surveys.definition import Option, Question, Survey

_CURRENT: Final = ' aria-current="true"'
HONEYPOT: Final = "comment_url"
"""A field that people don't see: whatever fills it is a program."""


class Look(NamedTuple):
    """What a business looks like: `css` sets custom properties, `name` and `logo` (an address) stand above, `foot` below."""

    css: str = ""
    name: str = ""
    logo: str = ""
    foot: str = ""


class Asked(NamedTuple):
    """All that one page with a question needs."""

    survey: Survey
    question: Question
    language: str
    seed: str
    value: Any
    words: Mapping[str, str]
    known: piping.Value
    error: answering.Unfit | None
    progress: tuple[int, int]
    first: bool
    last: bool
    back: str | None
    languages: Mapping[str, str]
    """Language -> where the page stands in it."""
    hidden: Mapping[str, str]
    dismissible: bool
    preview: bool = False
    pixel: str | None = None


def question(asked: Asked, look: Look) -> str:
    """The page that asks one question."""
    survey, one, language = asked.survey, asked.question, asked.language
    title = _said(one.text, asked)
    lines = [_intro(asked)] if asked.first else []
    if asked.error is not None:
        lines.append(f'<p class="error" role="alert" id="e">{escape(_error(asked.error, language))}</p>')
    lines.append('<form method="post" accept-charset="utf-8" novalidate>')
    lines += [
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.hidden.items()
    ]
    lines.append(
        f'<div class="out" aria-hidden="true"><input name="{HONEYPOT}" tabindex="-1" autocomplete="off"></div>'
    )
    lines.append(_field(asked, title))
    action = "send" if asked.last else "next"
    lines.append(f'<div class="go"><button class="main">{escape(texts.word(action, language))}</button>')
    if asked.back is not None:
        lines.append(f'<a href="{escape(asked.back)}">{escape(texts.word("back", language))}</a>')
    lines.append("</div></form>")
    body = "".join(lines) + _progress(asked)
    if asked.pixel is not None:
        body += f'<img class="out" src="{escape(asked.pixel)}" alt="" width="1" height="1">'
    note = f'<p class="preview">{escape(texts.word("preview", language))}</p>' if asked.preview else ""
    return _page(survey, language, title, note + body, look, asked.languages)


def message(
    survey: Survey | None,
    language: str,
    name: str,
    look: Look,
    *,
    text: str = "",
    again: Mapping[str, str] | None = None,
) -> str:
    """A page that says one thing: thanks, closed, full, already ... `again`: hidden fields of a button that begins anew."""
    title = texts.word(f"{name}_title", language)
    said = text or texts.word(name, language)
    body = f"<h1>{escape(title)}</h1>{_paragraphs(said)}"
    if again is not None:
        fields = "".join(
            f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in again.items()
        )
        body += f'<form method="post">{fields}<div class="go"><button>{escape(texts.word("again", language))}</button></div></form>'
    return _page(survey, language, title, body, look, {})


def trouble(language: str, name: str) -> str:
    """A page for what went wrong."""
    title = texts.word("problem_title", language)
    return _page(
        None, language, title, f"<h1>{escape(title)}</h1>{_paragraphs(texts.word(name, language))}", Look(), {}
    )


# -- the frame -----------------------------------------------------------------------------------------------------


def _page(survey: Survey | None, language: str, title: str, body: str, look: Look, languages: Mapping[str, str]) -> str:
    head = ""
    if look.logo or look.name:
        logo = f'<img src="{escape(look.logo)}" alt="{escape(look.name)}">' if look.logo else escape(look.name)
        head += f'<p class="brand">{logo}</p>'
    if len(languages) > 1:
        head += _languages(language, languages)
    name = survey.name if survey is not None else "Resa"
    foot = f"<footer>{escape(look.foot)}</footer>" if look.foot else ""
    return (
        f'<!doctype html><html lang="{escape(language)}" dir="{texts.direction(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{escape(piping.visible(title)[:120] or name)}</title><style>{styles.CSS}</style>"
        + (f"<style>{look.css}</style>" if look.css else "")
        + f"</head><body>{f'<header>{head}</header>' if head else ''}<main>{body}</main>{foot}</body></html>"
    )


def _languages(now: str, languages: Mapping[str, str]) -> str:
    links = "".join(
        f'<a href="{escape(where)}" lang="{escape(each)}" hreflang="{escape(each)}"'
        f"{_CURRENT if each == now else ''}>{escape(texts.own_name(each))}</a>"
        for each, where in languages.items()
    )
    return f'<nav aria-label="{escape(texts.word("languages", now))}">{links}</nav>'


def _intro(asked: Asked) -> str:
    said = _said(asked.survey.intro, asked)
    lines = _paragraphs(said, "intro") if said else ""
    if asked.survey.anonymous:
        lines += f'<p class="promise">{escape(texts.word("anonymous", asked.language))}</p>'
    return lines


def _progress(asked: Asked) -> str:
    lines = ""
    done, of = asked.progress
    if of > 1:
        told = texts.word("progress", asked.language).format(n=done + 1, of=of)
        lines += f'<p class="progress"><progress value="{done}" max="{of}" aria-label="{escape(told)}"></progress><span>{escape(told)}</span></p>'
    if asked.dismissible:
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in asked.hidden.items()
        )
        told = texts.word("dismiss", asked.language)
        lines += (
            f'<form method="post" class="no">{fields}<button name="dismiss" value="1">{escape(told)}</button></form>'
        )
    return lines


def _paragraphs(text: str, kind: str = "") -> str:
    opening = f'<p class="{kind}" dir="auto">' if kind else '<p dir="auto">'
    parts = [part.strip() for part in text.split("\n\n")]
    return "".join(opening + escape(part).replace("\n", "<br>") + "</p>" for part in parts if part)


# -- questions -----------------------------------------------------------------------------------------------------


def _field(asked: Asked, title: str) -> str:
    """The question as a group with its name, or as one labelled field."""
    one, language = asked.question, asked.language
    optional = "" if one.required else f" <small>({escape(texts.word('optional', language))})</small>"
    helps = [_said(one.help, asked)]
    if one.kind == "multiple" and (one.most or 2) > 1:
        helps.append(texts.word("pick_several", language))
    if one.kind == "ranking":
        helps.append(texts.word("rank_hint", language))
    helped = " ".join(each for each in helps if each)
    described = " ".join(name for name, there in (("h", helped), ("e", asked.error)) if there)
    about = f' aria-describedby="{described}"' if described else ""
    hint = f'<p class="help" id="h" dir="auto">{escape(helped)}</p>' if helped else ""
    if one.kind in ("text", "date"):
        about += ' aria-invalid="true"' if asked.error is not None else ""
        about += ' aria-required="true"' if one.required else ""
        heading = f'<h1 dir="auto"><label for="v">{escape(title)}{optional}</label></h1>{hint}'
        return heading + _KINDS[one.kind](asked, about)
    legend = f'<legend><h1 dir="auto">{escape(title)}{optional}</h1></legend>'
    return f"<fieldset{about}>{legend}{hint}{_KINDS[one.kind](asked, about)}</fieldset>"


def _scale(asked: Asked, about: str) -> str:
    del about
    one = asked.question
    lowest, highest = one.span
    ends = [_said(one.low, asked), _said(one.high, asked)]
    shown = []
    for number in range(lowest, highest + 1):
        end = ends[0] if number == lowest else ends[1] if number == highest else ""
        label = f' aria-label="{number}, {escape(end)}"' if end else ""
        shown.append(
            f'<label><input type="radio" name="v" value="{number}"{label}{_on(number == asked.value)}><span>{number}</span></label>'
        )
    marks = "".join(f'<span dir="auto">{escape(end)}</span>' for end in ends)
    below = f'<p class="ends" aria-hidden="true">{marks}</p>' if any(ends) else ""
    return f'<div class="scale n{highest - lowest + 1}">{"".join(shown)}</div>{below}'


def _rating(asked: Asked, about: str) -> str:
    del about
    lowest, highest = asked.question.span
    stars = "".join(
        f'<label><input type="radio" name="v" value="{number}" '
        f'aria-label="{escape(texts.word("stars", asked.language).format(n=number, of=highest))}"{_on(number == asked.value)}>'
        '<span aria-hidden="true">★</span></label>'
        for number in range(lowest, highest + 1)
    )
    return f'<div class="stars">{stars}</div>'


def _single(asked: Asked, about: str) -> str:
    del about
    return _choices(asked, "radio", {asked.value} if isinstance(asked.value, str) else set())


def _multiple(asked: Asked, about: str) -> str:
    del about
    return _choices(asked, "checkbox", set(asked.value) if isinstance(asked.value, list) else set())


def _choices(asked: Asked, kind: str, picked: Iterable[str]) -> str:
    lines = []
    for option in flow.options(asked.question, asked.seed):
        said = escape(_option(option, asked))
        on = _on(option.key in picked)
        lines.append(
            f'<label><input type="{kind}" name="v" value="{option.key}"{on}><span dir="auto">{said}</span></label>'
        )
        if option.write_in:
            label = f"{said}: {escape(texts.word('words', asked.language))}"
            lines.append(
                f'<input class="words" name="w.{option.key}" value="{escape(asked.words.get(option.key, ""))}" '
                f'aria-label="{label}" placeholder="{escape(texts.word("words", asked.language))}" dir="auto" '
                f'maxlength="{answering.LONGEST_WRITE_IN}" autocomplete="off">'
            )
    return f'<div class="choices">{"".join(lines)}</div>'


def _ranking(asked: Asked, about: str) -> str:
    del about
    options = flow.options(asked.question, asked.seed)
    places = {key: place for place, key in enumerate(asked.value or [], 1)} if isinstance(asked.value, list) else {}
    most = min(asked.question.most or len(options), len(options))
    lines = []
    for option in options:
        said = escape(_option(option, asked))
        picks = "".join(
            f"<option{' selected' if places.get(option.key) == place else ''}>{place}" for place in range(1, most + 1)
        )
        label = f"{said}: {escape(texts.word('place', asked.language))}"
        lines.append(
            f'<label><select name="p.{option.key}" aria-label="{label}"><option value="">–{picks}</select><span dir="auto">{said}</span></label>'
        )
    return f'<div class="choices ranks">{"".join(lines)}</div>'


def _matrix(asked: Asked, about: str) -> str:
    del about
    one = asked.question
    given = asked.value if isinstance(asked.value, Mapping) else {}
    columns = [(option.key, escape(_option(option, asked))) for option in one.options]
    blocks = []
    for row in flow.shuffled(one.rows, f"{asked.seed}:{one.key}") if one.randomise else one.rows:
        cells = "".join(
            f'<label><input type="radio" name="r.{row.key}" value="{key}"{_on(given.get(row.key) == key)}><span dir="auto">{said}</span></label>'
            for key, said in columns
        )
        blocks.append(
            f'<fieldset><legend dir="auto">{escape(_option(row, asked))}</legend><div class="row">{cells}</div></fieldset>'
        )
    return f'<div class="matrix">{"".join(blocks)}</div>'


def _text(asked: Asked, about: str) -> str:
    value = asked.value if isinstance(asked.value, str) else ""
    return f'<textarea id="v" name="v" rows="5" dir="auto" maxlength="{asked.question.max_length}"{about}>\n{escape(value)}</textarea>'


def _date(asked: Asked, about: str) -> str:
    one = asked.question
    ends = f' min="{one.earliest}"' if one.earliest else ""
    ends += f' max="{one.latest}"' if one.latest else ""
    value = asked.value if isinstance(asked.value, str) else ""
    return f'<input type="date" id="v" name="v" value="{escape(value)}"{ends}{about}>'


def _contact(asked: Asked, about: str) -> str:
    del about
    given = asked.value if isinstance(asked.value, Mapping) else {}
    kinds = {"email": ("email", "email"), "phone": ("tel", "tel"), "name": ("text", "name")}
    lines = []
    for field in asked.question.fields:
        kind, filled = kinds[field]
        value = escape(str(given.get(field, "")))
        lines.append(
            f'<p class="field"><label for="f.{field}">{escape(texts.word(field, asked.language))}</label>'
            f'<input type="{kind}" id="f.{field}" name="f.{field}" value="{value}" autocomplete="{filled}" '
            f'maxlength="{answering.LONGEST_FIELD}" dir="auto"></p>'
        )
    return "".join(lines)


def _option(option: Option, asked: Asked) -> str:
    return _said(option.text, asked) or option.key


def _said(said: Mapping[str, str], asked: Asked) -> str:
    return piping.fill(texts.said(said, asked.survey, asked.language), asked.known)


def _error(error: answering.Unfit, language: str) -> str:
    return texts.word(f"e_{error.code}", language).format(limit=error.limit)


def _on(checked: bool) -> str:
    return " checked" if checked else ""


_KINDS: Final = {
    "nps": _scale,
    "csat": _scale,
    "ces": _scale,
    "scale": _scale,
    "rating": _rating,
    "single": _single,
    "multiple": _multiple,
    "ranking": _ranking,
    "matrix": _matrix,
    "text": _text,
    "date": _date,
    "contact": _contact,
}
