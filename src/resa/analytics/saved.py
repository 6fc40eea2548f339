"""Saved questions: definitions of the kind `question`, asked again by whoever opens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from resa.analytics import funnels, paths, retention, trends
from resa.analytics.asking import LensBody, Question
from resa.kernel.decoding import decode
from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

MOST_SQL: Final = 100_000

Asked = Literal["trends", "funnel", "paths", "retention", "sql"]


class Saved(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A question under a name. `body` is what is asked, its lens included; of SQL `{"sql": ...}`.

    A console may keep more beside it, such as how an answer is drawn.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    kind: Asked
    body: dict[str, Any]


_KINDS: Final[Mapping[str, tuple[type[Question], Callable[[Any], None]]]] = {
    "trends": (trends.Trends, trends.check),
    "funnel": (funnels.Funnel, funnels.check),
    "paths": (paths.Paths, paths.check),
    "retention": (retention.Retention, retention.check),
}


def check(saved: Saved) -> None:
    """Refuse what could not be asked. Which populations there are is looked at when it is asked."""
    if saved.kind == "sql":
        sql = saved.body.get("sql")
        if not isinstance(sql, str) or not sql.strip() or len(sql) > MOST_SQL:
            rule = f"a saved statement is a text of 1 to {MOST_SQL:,} characters."
            raise Refused("body.sql", None if sql is None else str(sql), rule, "Write one SELECT.")
        return
    shape, rules = _KINDS[saved.kind]
    known = {field.encode_name for field in msgspec.structs.fields(shape)}
    said = {name: value for name, value in saved.body.items() if name in known}
    said["lens"] = _known_lens(said.get("lens"))
    try:
        rules(decode(shape, said))
    except Refused as refused:
        details = refused.details
        raise Refused(f"body.{details['field']}", details["value"], details["rule"], details["remedy"]) from None


def _known_lens(lens: object) -> dict[str, Any]:
    if not isinstance(lens, dict):
        return {}
    known = {field.encode_name for field in msgspec.structs.fields(LensBody)}
    return {str(name): value for name, value in lens.items() if name in known}


KIND: Final = Kind("question", Saved, check)


def register(workspace: Workspace) -> None:
    """Make saved questions known to the workspace's definitions."""
    workspace.definitions.register(KIND)
