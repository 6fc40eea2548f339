"""`resa definitions`: journey maps and other definitions as a file, out of a workspace and into one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click

_DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory (RESA_DATA; default ./resa-data)."
)


@click.group("definitions")
def command() -> None:
    """Export or apply journey maps and other definitions as a file."""


@command.command()
@click.argument("file", type=click.File("w"), default="-")
@click.option("--kind", help="Only this kind, such as journey.")
@_DATA
def export(file: IO[str], kind: str | None, data: Path | None) -> None:
    """Write the current definitions to FILE (default: standard output)."""
    with _speaking(data) as speak:
        found = speak("GET", "/api/definitions/export" + (f"?kind={kind}" if kind else ""))
    json.dump(found, file, indent=2, ensure_ascii=False)
    file.write("\n")


@command.command()
@click.argument("file", type=click.File("r"))
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@_DATA
def apply(file: IO[str], dry_run: bool, data: Path | None) -> None:
    """Make the definitions of FILE current: all of them or none. The same file again changes nothing."""
    from resa.kernel.errors import Refused  # noqa: PLC0415

    try:
        wanted = json.load(file)["definitions"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "FILE", file.name, "is not a file of definitions.", "Make one by `resa definitions export`."
        ) from error
    with _speaking(data) as speak:
        applied = speak("POST", "/api/definitions/apply", {"definitions": wanted, "dry_run": dry_run})
    for change in applied["changes"]:
        click.echo(_told(change))


def _told(change: dict[str, Any]) -> str:
    lines = [line["text"] if isinstance(line, dict) else str(line) for line in change["diff"]]
    return "\n  ".join([f"{change['change']:8}{change['kind']} {change['key']}", *lines])


def _speaking(data: Path | None) -> Any:
    from resa.cli.local import speaking  # noqa: PLC0415  # `--help` needs none of it
    from resa.settings import Settings  # noqa: PLC0415

    return speaking(Settings.of(data=data))
