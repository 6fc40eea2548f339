"""What of a sender and of a template is right."""

from __future__ import annotations

import re
from typing import Final

from resa.channels.email import filling
from resa.channels.email.definition import SECRETS, Sender, Template
from resa.channels.email.suppression import address_rule
from resa.kernel.definitions import Kind, printable
from resa.kernel.errors import Refused

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_VARIABLE: Final = re.compile(rf"{SECRETS}[A-Z0-9_]{{1,60}}")
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,253}")
TOKEN: Final = "{token}"  # noqa: S105  # the place of one


def sender(body: Sender) -> None:
    """Refuse what the types can't."""
    printable(body)
    if _HOST.fullmatch(body.host) is None:
        raise Refused("host", body.host, "is no host.", "Write a name such as smtp.shop.example, without a port.")
    address_rule("from_address", body.from_address)
    if body.reply_to:
        address_rule("reply_to", body.reply_to)
    if body.return_path:
        address_rule("return_path", body.return_path.replace(TOKEN, "x"))
        local = body.return_path.partition("@")[0]
        if TOKEN in body.return_path and (TOKEN not in local or len(local) > len(TOKEN) + 32):
            remedy = "Write bounces+{token}@shop.example."
            raise Refused("return_path", body.return_path, "has its token in the part before the @.", remedy)
    if body.username:
        _variable("password_env", body.password_env)
    if body.dkim is not None:
        _variable("dkim.key_env", body.dkim.key_env)
        for field in ("domain", "selector"):
            if _NAME.fullmatch(getattr(body.dkim, field)) is None:
                raise Refused(
                    f"dkim.{field}", getattr(body.dkim, field), "is no name in the DNS.", "Write it as there."
                )


def template(body: Template) -> None:
    """Refuse what the types can't: languages that are none or there twice, what is no Liquid."""
    printable(body)
    languages = [version.language.lower() for version in body.versions]
    for number, version in enumerate(body.versions):
        at = f"versions[{number}]"
        if _LANGUAGE.fullmatch(version.language) is None:
            raise Refused(f"{at}.language", version.language, "is no language tag.", "Use one such as en or sv-FI.")
        if version.language.lower() in languages[:number]:
            raise Refused(f"{at}.language", version.language, "is there already.", "Change that one.")
        for field in ("subject", "preheader", "body"):
            filling.check(f"{at}.{field}", getattr(version, field))


def _variable(field: str, name: str) -> None:
    if _VARIABLE.fullmatch(name) is None:
        rule = f"names an environment variable that begins with {SECRETS}."
        raise Refused(field, name, rule, f"Put the secret into {SECRETS}PASSWORD, say, and name that.")


SENDER: Final = Kind("email-sender", Sender, sender)
TEMPLATE: Final = Kind("email-template", Template, template)
