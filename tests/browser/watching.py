"""A browser under watch: nothing its pages complain of, and no address they ask outside this machine, goes unseen."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Pages reach nothing but this machine."""
POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`against the policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


KNOCKING = r"Failed to execute 'postMessage' on 'DOMWindow'.*origin \('null'\)"
"""What axe is told at frames that are shut off (the preview of a survey)."""


class Watch:
    """Opens pages as somebody and collects what went wrong on them."""

    def __init__(self, browser: Browser, address: str) -> None:
        """Pages are of the console at `address`."""
        self.address = address
        self.problems: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._expected = [KNOCKING]

    def page(self, token: str | None = None, **options: Any) -> Page:
        """A page in a context of its own, with the session of `token`."""
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"}
        context = self._browser.new_context(base_url=self.address, **{**settings, **options})
        self._contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(POLICY)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.problems.append(f"{error.error}"))
        context.on("request", self._asked)
        if token:
            cookie = {"name": "resa", "value": token, "url": self.address, "httpOnly": True, "sameSite": "Strict"}
            context.add_cookies([cookie])  # type: ignore[list-item]
        return context.new_page()

    def expect(self, pattern: str) -> None:
        """A complaint that belongs to what the test does: the browser logs every answer above 399."""
        self._expected.append(pattern)

    def close(self) -> None:
        """End all contexts; fail on what went wrong."""
        for context in self._contexts:
            context.close()
        found = [line for line in self.problems if not any(re.search(pattern, line) for pattern in self._expected)]
        assert found == [], found

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            where = message.page.url if message.page else "?"
            self.problems.append(f"{message.type}: {message.text} at {where}, of {message.location['url']}")

    def _asked(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme in ("http", "https", "ws", "wss") and where.hostname != "127.0.0.1":
            self.problems.append(f"asked {request.url}")
