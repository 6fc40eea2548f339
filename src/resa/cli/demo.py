"""`resa demo`: real data, a shop, simulated visitors, a log-in; one command and something to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from resa.cli import loading
from resa.cli.stopping import until_stopped

if TYPE_CHECKING:
    from resa.demo.stage import Beside
    from resa.kernel.workspace import Workspace

DEFAULT_DATA: Final = Path("resa-data") / "demo"


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data directory (RESA_DATA; default ./resa-data/demo).",
)
@click.option("--host", help="Address to listen on (RESA_HOST; default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of Resa, 0 for any free one (RESA_PORT; default 8000)."
)
@click.option(
    "--shop-port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="Port of the shop, 0 for any free one.",
)
@click.option("--original-dates", is_flag=True, help="Keep the dates of 2017; by default the year ends last Sunday.")
@click.option("--no-visitors", is_flag=True, help="Real data only: no simulated visitors.")
@click.option("--load-only", is_flag=True, help="Load and set up, then end.")
def command(
    data: Path | None,
    host: str | None,
    port: int | None,
    shop_port: int,
    original_dates: bool,
    no_visitors: bool,
    load_only: bool,
) -> None:
    """Show Resa on a grocer's real year, with a shop to click through and simulated visitors who say so."""
    with loading():
        from resa.demo import stage  # noqa: PLC0415  # `resa demo --help` needs none of it
        from resa.server import serve  # noqa: PLC0415
        from resa.settings import DEFAULT_DATA as USUAL  # noqa: PLC0415
        from resa.settings import Settings  # noqa: PLC0415

    settings = Settings.of(data=data, host=host, port=port)
    if settings.data == USUAL:
        settings = replace(settings, data=DEFAULT_DATA)
    login = stage.login(settings.data)
    settings = replace(settings, owner_email=login.email, owner_password=login.password)
    if not stage.is_ready(settings):
        click.echo(f"Setting up the demonstration in {settings.data} (once):")
        with _told() as told:
            stage.prepare(settings, told, original_dates=original_dates, visitors=not no_visitors)
    if load_only:
        return
    running: list[Beside] = []

    def extend(workspace: Workspace) -> Beside:
        running.append(stage.Beside(workspace, shop_port=shop_port, visitors=not no_visitors))
        return running[0]

    def ready(url: str, _token: str | None) -> None:
        from urllib.parse import urlsplit  # noqa: PLC0415

        running[0].at(urlsplit(url).port or settings.port)
        shop = "localhost" if settings.host in ("127.0.0.1", "localhost") else settings.host
        click.echo(f"""
  Resa is ready   {url}/app/
  Log in with     {login.email}   {login.password}
  The shop        http://{shop}:{running[0].shop.port}/   (click around: your events arrive live)

  The grocer's year is a published data set (2,469 households). Visitors of the shop are simulated, and marked so
  wherever they count. Stop with Ctrl-C.
""")

    with until_stopped():
        serve(settings, ready=ready, extend=extend)


@contextmanager
def _told() -> Iterator[Callable[[str, int, int], None]]:
    """A line with a bar for each thing being done; plain lines where nobody looks."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console()
    said: dict[str, int] = {}
    if not console.is_terminal:

        def plainly(what: str, _done: int, _of: int) -> None:
            if what not in said:
                said[what] = 1
                click.echo(f"  {what} ...")

        yield plainly
        return
    words = TextColumn("{task.fields[shown]}")
    with Progress(
        SpinnerColumn(), TextColumn("{task.description:38}"), BarColumn(), words, TimeElapsedColumn(), console=console
    ) as bars:
        tasks: dict[str, int] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bars.update(task, total=1, completed=1)  # type: ignore[arg-type]  # a TaskID is an int
                tasks[what] = bars.add_task(what, total=of or None, shown="")
            shown = f"{done:,} events" if done else ""
            bars.update(tasks[what], completed=done, shown=shown)  # type: ignore[arg-type]

        yield told
        for task in tasks.values():
            bars.update(task, total=1, completed=1)  # type: ignore[arg-type]
