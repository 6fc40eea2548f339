"""`resa serve`: the whole platform in one process."""

from __future__ import annotations

from pathlib import Path

import click

from resa.cli import loading
from resa.cli.stopping import until_stopped


@click.command("serve")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory (RESA_DATA; default ./resa-data)."
)
@click.option("--host", help="Address to listen on (RESA_HOST; default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for any free one (RESA_PORT; default 8000)."
)
def command(data: Path | None, host: str | None, port: int | None) -> None:
    """Start the server: console, API and doors."""
    with loading():
        from resa.server import serve  # noqa: PLC0415  # `resa serve --help` needs none of it
        from resa.settings import Settings  # noqa: PLC0415

    settings = Settings.of(data=data, host=host, port=port)

    def ready(url: str, token: str | None) -> None:
        click.echo(f"Resa is ready: {url}/app/")
        if token is not None:
            click.echo(f"Set up the owner: {url}/app/setup#{token}")

    with until_stopped():
        serve(settings, ready=ready)
