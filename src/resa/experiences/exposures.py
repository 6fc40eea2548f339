"""What pages say of experiences they showed: believed with the signed decision, else only from a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from resa.kernel.decisions import Decided, Said, Signer
from resa.kernel.definitions import Definitions
from resa.kernel.errors import NotFound, Refused

NAMES: Final = ("Experience Viewed", "Experience Clicked", "Experience Dismissed")
_LONGEST: Final = 200


class Checker:
    """Checks one of these events, and puts it into its one form."""

    def __init__(self, known: Definitions, signer: Callable[[], Signer]) -> None:
        """Against what was signed, or against the experiences there are."""
        self._known = known
        self._signer = signer

    def __call__(self, said: Said) -> dict[str, Any]:
        """The canonical properties. Raises Refused."""
        token = said.properties.get("decision")
        decided = self._signer().read(token)
        if decided is not None and decided.what.startswith("experience:"):
            if not said.verified and not decided.of(said.device, said.user):
                remedy = "Send the token that this device was given."
                raise Refused("decision", decided.unit, "was decided for another unit.", remedy, code="not_decided")
            return self._signed(decided, said)
        if not said.verified:
            rule = "is no decision that this workspace signed."
            raise Refused("decision", _text(token), rule, "Send the token of the decide answer.", code="not_decided")
        return self._told(said)

    def _signed(self, decided: Decided, said: Said) -> dict[str, Any]:
        return {
            "experience": decided.what.partition(":")[2],
            "placement": decided.placement,
            "content": decided.content,
            "variation": decided.variation,
            "experiment": _text(said.properties.get("experiment")),
            "decision": decided.id,
            "probability": decided.probability,
            **_more(said),
        }

    def _told(self, said: Said) -> dict[str, Any]:
        """A server's word: the experience and its variation must be there."""
        key = _text(said.properties.get("experience")) or ""
        try:
            body = self._known.get("experience", key).body
        except NotFound:
            raise Refused("experience", key, "there is no such experience.", "Send the key of one.") from None
        named = {name: _text(said.properties.get(name)) for name in ("variation", "experiment", "decision")}
        found = next((each for each in body.variations if each.key == named["variation"]), None)
        if found is None:
            shown = ", ".join(each.key for each in body.variations)
            raise Refused("variation", named["variation"], f"{key} has no such variation.", f"Send one of {shown}.")
        told = {"experience": key, "placement": body.placement, "content": found.content, "probability": None}
        return {**told, **named, **_more(said)}


def _more(said: Said) -> dict[str, Any]:
    """What a click or a dismissal says besides: which element."""
    element = _text(said.properties.get("element"))
    return {"element": element} if element is not None else {}


def _text(value: object) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) else None
