"""Traits that never stand in what is shown to customers: a page may be read over a shoulder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SENSITIVE: Final = frozenset(
    "email phone phonenumber mobile address street streetaddress postalcode zip birthday birthdate dateofbirth dob age gender "
    "sex religion ethnicity race nationality politics health diagnosis income salary iban creditcard card ssn "
    "personnummer nationalid passport password".split()
)


def insertable(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits that may stand in content."""
    return {name: value for name, value in traits.items() if not sensitive(name)}


def sensitive(name: str) -> bool:
    """Whether a trait is off for personalisation."""
    return "".join(character for character in name.lower() if character.isalnum()) in SENSITIVE
