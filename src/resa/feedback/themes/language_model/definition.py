"""A language model that the user brings, as a definition: where it is, what it may be asked, and how much in a day."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from resa.kernel import definitions, outbound
from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused

Use = Literal["names", "summaries", "translations", "sentiment"]

KEY: Final = "default"
_VARIABLE: Final = re.compile(r"RESA_MODEL_KEY[A-Z0-9_]{0,40}")


class LanguageModel(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An endpoint that speaks OpenAI's chat completions. Off until somebody switches it on, and for no use not named.

    `key_variable` names the environment variable that holds its key: keys stand in no definition. `private`: it may lie
    in one's own network. `redact`: e-mail addresses, numbers and the like are taken out of what is sent.
    """

    on: bool = False
    base_url: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    key_variable: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    uses: list[Use] = []
    calls_a_day: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 200
    characters_a_day: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 500_000
    seconds: Annotated[float, msgspec.Meta(ge=1, le=120)] = 30
    private: bool = False
    redact: bool = True


def check(model: LanguageModel) -> None:
    """Refuse what the types can't."""
    definitions.printable(model)
    outbound.target("base_url", model.base_url)
    if model.key_variable is not None and not _VARIABLE.fullmatch(model.key_variable):
        rule = "only variables for this purpose are read, so that no other secret can be sent away."
        raise Refused("key_variable", model.key_variable, rule, "Call it RESA_MODEL_KEY, or begin with that.")


KIND: Final = Kind("language-model", LanguageModel, check)
