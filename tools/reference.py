"""Write docs/api.md and docs/commands.md from the application itself; a test holds them equal to it."""

from __future__ import annotations

import inspect
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from resa import openapi
from resa.analytics.routes import Schema, View, sql_schema
from resa.app import create
from resa.cli import resa
from resa.kernel.workspace import Workspace
from resa.settings import Settings

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"

_API: Final = """\
# The API

Every call the console makes is here for you too. This page is written from the OpenAPI document, which a running server
gives at `/schema/openapi.json`: `make docs` writes it anew, and a test holds the two equal. The doors for events (`/v1/*`)
take a write key and have [pages of their own](index.md).

- Programs send `Authorization: Bearer <API key>`; a key has scopes (Settings, Keys). People come with the session cookie, and
  send the session's `csrf` as `X-CSRF-Token` to change something.
- Refusals are JSON: `code` (stable), `message`, and where they help `field`, `value`, `rule`, `remedy`.
- Times are ISO 8601 in UTC with milliseconds. Lists are `{"items": [...], "next": cursor or null}`.
"""

_COMMANDS: Final = """\
# The command `resa`

Written from the command's own help (`make docs`), and held equal to it by a test. Settings that every command reads from
the environment stand in [operations.md](operations.md).
"""

Json = Mapping[str, Any]


def api(document: Json) -> str:
    """The page about the calls of an OpenAPI document."""
    slices: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            tag = (operation.get("tags") or ["other"])[0]
            slices.setdefault(tag, []).append("\n".join(_call(document, method, path, operation)))
    parts = [_API, *(f"## {tag.title()}\n\n" + "\n\n".join(calls) + "\n" for tag, calls in sorted(slices.items()))]
    return "\n".join(parts)


def _call(document: Json, method: str, path: str, operation: Json) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`"
    yield ""
    yield operation.get("description") or operation.get("summary", "")
    asked = [p for p in operation.get("parameters", []) if p["in"] == "query"]
    body = next(iter(operation.get("requestBody", {}).get("content", {}).items()), None)
    if asked:
        yield ""
        yield (
            "Asked with "
            + ", ".join(_named(p["name"], p["schema"], required=p.get("required", False)) for p in asked)
            + "."
        )
    if body:
        yield ""
        media, form = "" if body[0] == "application/json" else f" ({body[0]})", body[1]["schema"]
        yield f"Takes{media} {_fields(document, form)}."
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values() if status < "300" else ():
            if (told := _fields(document, content["schema"])) != "`any`":
                yield ""
                yield f"Answers {status} with {told}."


def _named(name: str, schema: Json, *, required: bool) -> str:
    kind = _type(schema)
    return f"`{name}`{'' if required else '?'}{'' if kind == 'any' else f' {kind}'}"


def _fields(document: Json, schema: Json) -> str:
    """The fields of an object, else its type; `?` marks what may be left out."""
    named = _resolve(document, schema)
    if not named.get("properties"):
        return f"`{_type(schema)}`"
    required = named.get("required", [])
    return ", ".join(_named(name, field, required=name in required) for name, field in named["properties"].items())


def _resolve(document: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: Json) -> str:
    """A type in a few letters: `string`, `[Member]`, `integer or null`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema.get("oneOf") or schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def commands() -> str:
    """The page about `resa` and its subcommands."""
    return _COMMANDS + "".join("\n" + "\n".join(_command(name, told)) + "\n" for name, told in walk("resa", resa))


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Every command with its name as it is typed: `resa definitions export`."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for part in sorted(command.list_commands(context)):
        under = command.get_command(context, part)
        if under is not None and not under.hidden:
            yield from walk(f"{name} {part}", under)


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    yield f"## `{' '.join([name, *command.collect_usage_pieces(context)])}`"
    yield ""
    yield inspect.cleandoc(command.help or "").replace("\b\n", "")
    told = [record for parameter in command.get_params(context) if (record := parameter.get_help_record(context))]
    options = [(names, meaning) for names, meaning in told if names != "--help"]
    if options:
        yield ""
        yield "| option | meaning |"
        yield "| --- | --- |"
        for names, meaning in options:
            yield f"| `{names.replace('|', chr(92) + '|')}` | {meaning.replace('|', chr(92) + '|')} |"


def sql(page: str, workspace: Workspace) -> str:
    """The page about SQL with the columns and functions there are now."""
    schema: Schema = openapi.function(sql_schema)(workspace)
    views = (f"### Columns of `{view.name}`\n\n{_table(view)}" for view in schema.views)
    functions = textwrap.fill(", ".join(f"`{name}`" for name in schema.functions), 120) + "."
    return _between(_between(page, "columns", "\n\n".join(views)), "functions", functions)


def _table(view: View) -> str:
    rows = (f"| `{column.name}` | {column.type} | {column.description} |" for column in view.columns)
    return "\n".join(("| column | type | meaning |", "| --- | --- | --- |", *rows))


def _between(page: str, mark: str, text: str) -> str:
    """Put `text` between the comment that begins with `mark` and the next end."""
    begin = f"<!-- {mark}: written by `make docs` -->\n"
    before, _, rest = page.partition(begin)
    return f"{before}{begin}{text}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"


def main() -> None:
    page = DOCS / "sql.md"
    (DOCS / "commands.md").write_text(commands())
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings.of({}, data=Path(folder)))
        (DOCS / "api.md").write_text(api(openapi.document(create(workspace))))
        page.write_text(sql(page.read_text(), workspace))
        workspace.close()


if __name__ == "__main__":
    main()
