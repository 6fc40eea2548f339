"""What of a feedback rule is right beyond its types."""

from __future__ import annotations

from urllib.parse import urlsplit

from resa.feedback.loops import hours
from resa.feedback.loops.definition import FeedbackRule, Hours, When
from resa.kernel.audiences.rules import check_period
from resa.kernel.definitions import Kind, key_rule, printable
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS


def check(rule: FeedbackRule) -> None:
    """Refuse what the types can't, with the path of what is wrong."""
    printable(rule)
    _check_when(rule.when)
    then = rule.then
    if not then.names:
        raise Refused("then", None, "a rule does something.", "Add an alert, a task, a follow_up or a webhook.")
    if then.task is not None:
        check_period("then.task.due", then.task.due)
        if then.task.hours is not None:
            check_hours("then.task.hours", then.task.hours)
    if then.follow_up is not None:
        check_period("then.follow_up.after", then.follow_up.after)
        key_rule("then.follow_up.template", then.follow_up.template)
    if then.webhook is not None:
        check_url("then.webhook.url", then.webhook.url)


def _check_when(when: When) -> None:
    for field in ("sources", "surveys", "themes"):
        for number, key in enumerate(getattr(when, field)):
            key_rule(f"when.{field}[{number}]", key)
    if when.audience is not None:
        key_rule("when.audience", when.audience)
    if when.worth is not None:
        check_period("when.worth.within", when.worth.within)
    if when.score_from is not None and when.score_to is not None and when.score_from > when.score_to:
        raise Refused("when.score_to", when.score_to, "it is not below score_from.", "Let the smaller one be first.")
    for number, channel in enumerate(when.channels):
        if channel not in (*CHANNELS, "site", "link", "api"):
            rule = "there is no such channel."
            raise Refused(f"when.channels[{number}]", channel, rule, "Use site, link, email, api, web, app ...")
    for number, words in enumerate(when.words):
        if not words.strip(" *"):
            raise Refused(
                f"when.words[{number}]", words, "words have letters or signs.", "Use one like 'late deliver*'."
            )


def check_hours(at: str, told: Hours) -> None:
    """Refuse working hours that are none."""
    if hours.minutes(told.end) <= hours.minutes(told.start):
        raise Refused(f"{at}.end", told.end, "a working day ends after it starts.", "Use one like 17:00.")


def check_url(at: str, url: str) -> None:
    """Refuse an address that no webhook can be sent to; where it leads is looked at whenever it is used."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Refused(at, url, "this is no address.", "Use one like https://example.com/hooks/resa.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Refused(at, url, "a webhook goes to https (or http) and a host.", "Use https://example.com/hooks/resa.")
    if parts.username or parts.password:
        raise Refused(at, parts.hostname, "an address carries no password.", "Check the signature instead.")


KIND = Kind("feedback-rule", FeedbackRule, check)
