"""The command `resa`. Each subcommand is imported when it is called, so that `resa --help` answers at once."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from resa.kernel.errors import ResaError

COMMANDS: Final = {
    "serve": "Start the server: console, API and doors.",
    "import": "Import events from CSV, JSON Lines or Parquet files.",
    "demo": "A year of a grocer's real data, a shop and simulated visitors: start and look around.",
    "bounces": "Take in the bounces and complaints of a mailbox.",
    "definitions": "Export or apply journey maps and other definitions as a file.",
}
"""Subcommand -> the line `--help` shows. Its code is `resa.cli.<name>:command`."""

_MODULES: Final = {"import": "importing"}


@contextmanager
def loading() -> Iterator[None]:
    """Load modules without collecting: what they bring stays, and looking through it hundreds of times costs a sixth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Commands(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"resa.cli.{_MODULES.get(name, name)}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands)
@click.version_option(package_name="resa")
def resa() -> None:
    """Customer experience optimization on one event log."""


def main() -> None:
    """Run the command; what the caller can mend is said in a line, without a trace."""
    try:
        resa(prog_name="resa")
    except ResaError as error:
        remedy = error.details.get("remedy", "")
        raise SystemExit(
            f"resa: {error.message}" + (f" {remedy}" if remedy and remedy not in error.message else "")
        ) from None
