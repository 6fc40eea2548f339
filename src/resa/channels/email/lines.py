"""Lines to a mail server: who may be called, an encrypted and verified conversation, and one mail after the other on it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from resa.channels.email.definition import Sender

SECONDS: Final = 30.0
"""How long a server may take for one answer."""


class Trouble(Exception):
    """The server can't be used now, whatever the mail: what happened, in words, and a stable code."""

    def __init__(self, code: str, message: str) -> None:
        """`code`: forbidden, unreachable, insecure, login, refused."""
        super().__init__(message)
        self.code = code


class Answer(NamedTuple):
    """What a server said: the three digits and the text. `lost`: the line broke before it said anything."""

    code: int
    text: str

    @property
    def lost(self) -> bool:
        """No answer came."""
        return self.code <= 0

    @property
    def taken(self) -> bool:
        """It has it."""
        return 200 <= self.code < 300

    @property
    def later(self) -> bool:
        """Not now, but perhaps later."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        """`550 5.1.1 No such user`."""
        return f"{self.code} {self.text}"[:400] if self.code > 0 else "the line broke"


class Line:
    """One conversation with a server; opens when it is first needed, and again after it broke."""

    def __init__(self, sender: Sender, allowed: frozenset[str], context: ssl.SSLContext | None = None) -> None:
        """`allowed` are the hosts the operator named: only they may be private, and get a password."""
        self._sender = sender
        self._allowed = allowed
        self._context = context or ssl.create_default_context()
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """The conversation, greeted, encrypted and logged in. Raises Trouble."""
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def close(self) -> None:
        """Say good-bye."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def drop(self) -> None:
        """Hang up without a word: nothing more is to be heard there."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def offer(self, bounces: str, to: str) -> Answer:
        """MAIL and RCPT: whether the server would take a mail for that address. After a no the line is ready for the next."""
        smtp = self.open()
        try:
            answer = _answer(smtp.mail(bounces))
            if answer.taken:
                answer = _answer(smtp.rcpt(to))
            if not answer.taken:
                _answer(smtp.rset())
        except (smtplib.SMTPException, OSError):
            self.drop()
            return Answer(-1, "")
        if answer.code == 421:
            self.drop()
        return answer

    def content(self, written: bytes) -> Answer:
        """DATA: the mail itself. `lost` here means that nobody knows whether the server has it."""
        assert self._smtp is not None
        try:
            return _answer(self._smtp.data(written))
        except smtplib.SMTPDataError as refused:
            return _answer((refused.smtp_code, refused.smtp_error))
        except (smtplib.SMTPException, OSError):
            self.drop()
            return Answer(-1, "")

    def withdraw(self) -> None:
        """Not this mail after all."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.open().rset()

    # -- opening -----------------------------------------------------------------------------------------------------

    def _connect(self) -> smtplib.SMTP:
        sender = self._sender
        address = reachable(sender.host, sender.port, self._allowed)
        password = _password(sender, self._allowed)
        if sender.security == "none" and sender.host.lower() not in self._allowed:
            raise Trouble(
                "insecure", f"{sender.host} is spoken to in the clear. Name it in RESA_SMTP_HOSTS to allow that."
            )
        smtp = _Called(address, self._context) if sender.security == "tls" else smtplib.SMTP(timeout=SECONDS)
        smtp._host = sender.host  # type: ignore[attr-defined]  # the name that the certificate must be of, not the address
        try:
            greeted = smtp.connect(address, sender.port)
            if greeted[0] != 220:
                raise Trouble("refused", f"{sender.host} greets with {greeted[0]}.")
            self._greet(smtp, password)
        except smtplib.SMTPAuthenticationError as error:
            smtp.close()
            raise Trouble("login", f"{sender.host} refuses user name or password ({error.smtp_code}).") from None
        except ssl.SSLError as error:
            smtp.close()
            raise Trouble("insecure", f"{sender.host} can't be trusted: {error.reason or error}.") from None
        except (smtplib.SMTPException, OSError) as error:
            smtp.close()
            raise Trouble("unreachable", f"{sender.host}:{sender.port} can't be spoken to: {error}"[:300]) from None
        except Trouble:
            smtp.close()
            raise
        return smtp

    def _greet(self, smtp: smtplib.SMTP, password: str) -> None:
        sender = self._sender
        smtp.ehlo()
        if sender.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise Trouble("insecure", f"{sender.host} offers no STARTTLS.")
            smtp.starttls(context=self._context)
            smtp.ehlo()
        if sender.username:
            smtp.login(sender.username, password)


class _Called(smtplib.SMTP_SSL):
    """TLS from the first byte on, to an address, with a certificate of the host's name."""

    def __init__(self, _address: str, context: ssl.SSLContext) -> None:
        super().__init__(timeout=SECONDS, context=context)


def reachable(host: str, port: int, allowed: frozenset[str]) -> str:
    """An address of the host that may be called. Raises Trouble for private ones that the operator did not name.

    What was looked up is what is called: a name that points elsewhere a moment later changes nothing.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Trouble("unreachable", f"There is no host {host}.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if host.lower() not in allowed and not all(ipaddress.ip_address(a.partition("%")[0]).is_global for a in addresses):
        raise Trouble("forbidden", f"{host} is a private address. The operator can name it in RESA_SMTP_HOSTS.")
    return addresses[0]


def _password(sender: Sender, allowed: frozenset[str]) -> str:
    if not sender.username:
        return ""
    if sender.host.lower() not in allowed:
        raise Trouble(
            "forbidden",
            f"A password is given only to hosts that the operator named in RESA_SMTP_HOSTS; {sender.host} is none.",
        )
    password = os.environ.get(sender.password_env, "")
    if not password:
        raise Trouble("login", f"The variable {sender.password_env or 'for the password'} is not set on the server.")
    return password


def _answer(said: tuple[int, Any]) -> Answer:
    text = said[1].decode("utf-8", "replace") if isinstance(said[1], bytes) else str(said[1])
    return Answer(said[0], "".join(c if c.isprintable() else " " for c in text)[:400])


Opener = Callable[[Sender], Line]
"""Makes a line for a sender."""
