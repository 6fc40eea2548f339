"""What people write down of e-mail: the kinds `email-sender` and `email-template` (docs/email.md)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

KEY: Final = "default"
"""The sender that sends."""
MOST_MARKUP: Final = 200_000
MOST_LANGUAGES: Final = 50
SECRETS: Final = "RESA_SMTP_"
"""What names of environment variables that hold secrets begin with: a definition can name no other."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Line = Annotated[str, msgspec.Meta(max_length=320)]
Markup = Annotated[str, msgspec.Meta(max_length=MOST_MARKUP)]
Language = Annotated[str, msgspec.Meta(min_length=2, max_length=20)]

Security = Literal["starttls", "tls", "none"]
Purpose = Literal["marketing", "personalisation", "service"]
"""What the mail is for. `service` is what a customer waits for (a receipt): it needs no consent and can't be unsubscribed."""


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Part of a definition."""


class Dkim(_Part, frozen=True, kw_only=True):
    """Signing by DKIM (RFC 6376), where the mail server does not do it: the private key is in the variable `key_env` (PEM)."""

    domain: Line
    selector: Line
    key_env: Line


class Sender(_Part, frozen=True, kw_only=True):
    """Through which server mail goes out, and as whom.

    The password is in the environment variable `password_env`. `return_path` is where bounces go; `{token}` in it becomes
    what a bounce is recognised by (`bounces+{token}@shop.example`). `per_minute` and `connections` bound the pace.
    """

    name: Name = "Sender"
    host: Annotated[str, msgspec.Meta(max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: Security = "starttls"
    username: Line = ""
    password_env: Line = ""
    from_name: Line = ""
    from_address: Line
    reply_to: Line = ""
    return_path: Line = ""
    brand: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    connections: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    per_minute: Annotated[int, msgspec.Meta(ge=1, le=60_000)] | None = None
    track_clicks: bool = True
    track_opens: bool = False
    paused: bool = False
    dkim: Dkim | None = None


class TemplateVersion(_Part, frozen=True, kw_only=True):
    """A mail in one language. `body` is MJML with Liquid in it: whole (`<mjml>...`), or sections that the brand's layout holds."""

    language: Language
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    preheader: Words = ""
    body: Markup


class Template(_Part, frozen=True, kw_only=True):
    """A mail in its languages; the first one is for everybody whose own is not there. `example` holds values for the preview."""

    name: Name
    description: Words = ""
    purpose: Purpose = "marketing"
    brand: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    versions: Annotated[list[TemplateVersion], msgspec.Meta(min_length=1, max_length=MOST_LANGUAGES)]
    example: dict[str, object] = {}

    def in_language(self, wanted: str | None) -> TemplateVersion:
        """The version in that language, in the same language of another country, or the first."""
        for part in _fallbacks(wanted):
            for version in self.versions:
                if version.language.lower() == part:
                    return version
        return self.versions[0]


def _fallbacks(wanted: str | None) -> list[str]:
    tag = (wanted or "").lower().replace("_", "-")
    return [tag, tag.partition("-")[0]] if tag else []
