"""`resa import`: events from files, into a data directory of one's own or through the server that has it open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resa.collect.imports.jobs import Plan, Preview, Progress
    from resa.collect.imports.mappings import Mapping
    from resa.settings import Settings

COMPLETE_JOURNEY: Final = "completejourney"
_FORMATS: Final = ("csv", "jsonl", "parquet")


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory (RESA_DATA; default ./resa-data)."
)
@click.option(
    "--mapping", "-m", help="A ready-made mapping's name, or a TOML file. Unset and no flags: one is proposed."
)
@click.option("--list-mappings", is_flag=True, help="Name the ready-made mappings.")
@click.option(
    "--show-mapping", is_flag=True, help="Print the mapping that would be used, as JSON for a file of one's own."
)
@click.option("--dry-run", is_flag=True, help="Show the first events and the problems; keep nothing.")
@click.option("--timezone", help="IANA zone of times without an offset; default: the mapping's, else the workspace's.")
@click.option("--source", help="Where the events come from, as shown beside them (default: import).")
@click.option("--again", is_flag=True, help="Import a file a second time by another mapping.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.option("--format", type=click.Choice(_FORMATS), help="Of the file, where its name does not say.")
@click.option("--delimiter", help="Of CSV, where the first line does not tell.")
@click.option("--encoding", help="Of text, where it is not UTF-8.")
@click.option("--type", help="identify, track (default), page, screen, group, or a template.")
@click.option("--name", help='Name of the events: "Order Completed", or a template such as "{event}".')
@click.option("--time", help="Column (or template) of the time.")
@click.option("--time-format", help="seconds, milliseconds, microseconds, nanoseconds or a strptime pattern.")
@click.option("--user-id", help="Column (or template) of the user id.")
@click.option("--anonymous-id", help="Column (or template) of the anonymous id.")
@click.option("--group-id", help="Column (or template) of the group (company) id.")
@click.option("--channel", help="web, app, email, store, ...")
@click.option("--revenue", help="Column (or template) of the amount; summed over grouped lines.")
@click.option("--currency", help="ISO 4217, such as EUR, or a template.")
@click.option("--order-id", help="Column (or template) of the order's id.")
@click.option(
    "--property",
    multiple=True,
    help="name={column}, name={column}:number, or a column. Repeatable; default: all other columns.",
)
@click.option("--trait", multiple=True, help="The same for identify and group.")
@click.option("--rest", is_flag=True, help="All columns not mentioned become properties.")
@click.option(
    "--group-by", multiple=True, help="Lines with the same value in this column become one event. Repeatable."
)
@click.option("--line", multiple=True, help="name={column}: of each line, in the list `products`. Repeatable.")
@click.option("--only", multiple=True, help='A condition such as "{quantity} > 0". Repeatable.')
def command(files: tuple[Path, ...], data: Path | None, list_mappings: bool, **told: Any) -> None:
    """Import events from CSV, JSON Lines or Parquet FILES (.gz too).

    The same file by the same mapping is imported once, for ever: run it again after a crash and it goes on where it
    was; run it again after it was done and nothing is added.
    """
    if list_mappings:
        _list_mappings()
        return
    from resa.settings import Settings  # noqa: PLC0415  # `resa import --help` needs none of it

    settings = Settings.of(data=data)
    if told["mapping"] == COMPLETE_JOURNEY and not files:
        _complete_journey(settings)
        return
    if not files:
        raise click.UsageError("Name at least one file (or --list-mappings).")
    if told["show_mapping"] or told["dry_run"]:
        for path in files:
            _look(path, told, settings)
        return
    understood = [(path, _mapping(path, told)) for path in files]  # mistakes are told before anything is opened
    with _where(settings) as place:
        done = [_import(path, mapping, told, place) for path, mapping in understood]
    if not all(done):
        raise SystemExit(1)


def _list_mappings() -> None:
    from resa.collect.imports import mappings  # noqa: PLC0415

    for item in mappings.ready_made().values():
        click.echo(f"{item.name:24}{item.title}")
    click.echo(f"{COMPLETE_JOURNEY:24}The Complete Journey: a year of a grocer, from its Python package (no FILES)")


def _complete_journey(settings: Settings) -> None:
    """The set lies in a Python package, in tables that belong together: shaped by demo/grocer.sql, with its own dates."""
    from resa.demo import grocer  # noqa: PLC0415

    here = _Here(settings)
    try:
        with _bar("completejourney", grocer.EVENTS, quiet=False) as show:
            grocer.load(here.workspace, original_dates=True, on_progress=lambda n: show(n, n, 0))
        here.workspace.settle(600)
    finally:
        here.close()
    click.echo(f"{COMPLETE_JOURNEY}: {grocer.EVENTS:,} events.")


class _Here:
    """The data directory opened by this very process."""

    def __init__(self, settings: Settings) -> None:
        from resa.access import setup  # noqa: PLC0415
        from resa.collect.imports import jobs  # noqa: F401, PLC0415  # declares its tables
        from resa.kernel.workspace import Workspace  # noqa: PLC0415

        self.workspace = Workspace.open(settings)
        self.workspace.state.create_missing()
        setup.bootstrap(self.workspace)
        self.workspace.start()

    @property
    def zone(self) -> str:
        from resa.kernel import preferences  # noqa: PLC0415

        with self.workspace.state.read() as tx:
            return preferences.load(tx).timezone

    def run(self, plan: Plan, _told: dict[str, Any], show: Callable[[Progress], None]) -> Progress:
        from resa.collect.imports.jobs import Job  # noqa: PLC0415

        job = Job(self.workspace.state, self.workspace.committer, plan, clock=self.workspace.clock)
        if job.was_done:
            click.echo(f"{plan.file}: imported before, nothing to do.")
        elif job.resumed:
            click.echo(f"{plan.file}: goes on after {job.progress.records:,} records.")
        progress = job.run(on_progress=show)
        self.workspace.settle(600)
        return progress

    def close(self) -> None:
        self.workspace.close()


class _There:
    """The server that has the data directory open, by its socket."""

    def __init__(self, socket: Path) -> None:
        import httpx  # noqa: PLC0415

        self._http = httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://resa", timeout=120)

    @property
    def zone(self) -> str:
        return str(self._answer(self._http.get("/api/session"))["workspace"]["timezone"])

    def run(self, plan: Plan, told: dict[str, Any], show: Callable[[Progress], None]) -> Progress:
        import time  # noqa: PLC0415

        import msgspec  # noqa: PLC0415

        asked = {
            "path": str(plan.path.resolve()),
            "mapping": msgspec.json.encode(plan.mapping).decode(),
            "timezone": told["timezone"],
            "source": told["source"],
            "again": told["again"],
        }
        progress = self._progress(self._http.post("/api/imports", json=asked))
        while progress.state == "running":
            show(progress)
            time.sleep(0.3)
            progress = self._progress(self._http.get(f"/api/imports/{progress.id}"))
        show(progress)
        return progress

    def _progress(self, response: Any) -> Progress:
        from resa.collect.imports.jobs import Progress  # noqa: PLC0415

        names = (
            "id",
            "file",
            "mapping",
            "state",
            "records",
            "events",
            "failed",
            "skipped",
            "total_bytes",
            "done_bytes",
            "error",
        )
        body = self._answer(response)
        return Progress(**{name: body[name] for name in names})

    def _answer(self, response: Any) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        if response.status_code >= 400:
            raise _refusal(body, response.status_code)
        return body

    def close(self) -> None:
        self._http.close()


def _refusal(body: dict[str, Any], status: int) -> Exception:
    from resa.kernel.errors import ResaError  # noqa: PLC0415

    error = ResaError(str(body.pop("message", f"The server answered {status}.")), **body)
    error.status = status
    return error


@contextmanager
def _where(settings: Settings) -> Iterator[_Here | _There]:
    """Open the directory, or speak to the server that has it open."""
    from resa.kernel.errors import Conflict  # noqa: PLC0415

    try:
        place: _Here | _There = _Here(settings)
    except Conflict:
        socket = settings.data / "resa.sock"
        if not socket.exists():
            raise
        place = _There(socket)
    try:
        yield place
    finally:
        place.close()


def _look(path: Path, told: dict[str, Any], settings: Settings) -> None:
    import msgspec  # noqa: PLC0415

    from resa.collect.imports import jobs  # noqa: PLC0415

    mapping = _mapping(path, told)
    if told["show_mapping"]:
        click.echo(msgspec.json.format(msgspec.json.encode(mapping), indent=2).decode())
        return
    plan = jobs.plan(path, mapping, workspace_zone=_zone(settings), timezone=told["timezone"], source=told["source"])
    _show_preview(path, plan, jobs.preview(plan))


def _zone(settings: Settings) -> str:
    """The workspace's time zone, without opening more of it than that."""
    from resa.kernel import preferences  # noqa: PLC0415
    from resa.kernel.state import State, sqlite_url  # noqa: PLC0415

    if settings.state is None and not (settings.data / "state.sqlite").exists():
        return settings.timezone or "UTC"
    state = State.open(settings.state or sqlite_url(settings.data))
    with state.read() as tx:
        zone = preferences.load(tx).timezone
    state.close()
    return zone


def _import(path: Path, mapping: Mapping, told: dict[str, Any], place: _Here | _There) -> bool:
    from resa.collect.imports import jobs  # noqa: PLC0415

    plan = jobs.plan(
        path,
        mapping,
        workspace_zone=place.zone,
        timezone=told["timezone"],
        source=told["source"],
        again=told["again"],
    )
    with _bar(path.name, path.stat().st_size, quiet=told["quiet"]) as show:
        progress = place.run(plan, told, lambda p: show(p.done_bytes, p.events, p.failed))
    return _summary(progress)


_FLAGS: Final = (
    "type",
    "name",
    "time",
    "user_id",
    "anonymous_id",
    "property",
    "trait",
    "rest",
    "group_by",
    "line",
    "only",
    "revenue",
    "order_id",
)


def _mapping(path: Path, told: dict[str, Any]) -> Mapping:
    from resa.collect.imports import flags, mappings, readers  # noqa: PLC0415
    from resa.kernel.errors import Refused  # noqa: PLC0415

    given = [name for name in _FLAGS if told[name]]
    if told["mapping"]:
        if given:
            raise Refused(
                "--mapping", told["mapping"], "can't be mixed with flags that describe events.", "Use one or the other."
            )
        return mappings.load(told["mapping"])
    if given:
        return flags.mapping(told)
    read = readers.Read(told["format"], told["delimiter"], told["encoding"])
    columns, sample, _ = readers.look(path, read)
    mapping = mappings.propose(path.name, columns, sample)
    if mapping is None:
        shown = ", ".join(columns or sorted({name for record in sample for name in record}))
        raise Refused(
            "--mapping",
            None,
            f"is needed: nothing is known for a file with the columns {shown}.",
            "Name columns by flags, or --mapping.",
        )
    click.echo(f"{path.name}: mapping {mapping.name} ({mapping.title}).")
    return mapping


@contextmanager
def _bar(name: str, size: int, *, quiet: bool) -> Iterator[Callable[[int, int, int], None]]:
    """A bar that takes (how far of `size`, events, failed); nothing where nobody looks."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done, _events, _failed: None
        return
    words = TextColumn("{task.fields[events]:,} events, {task.fields[failed]:,} failed")
    percent = TextColumn("{task.percentage:>3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, words, TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name, total=max(size, 1), events=0, failed=0)
        yield lambda done, events, failed: bar.update(task, completed=done, events=events, failed=failed)


def _summary(progress: Progress) -> bool:
    kept = f"{progress.events:,} events from {progress.records:,} records"
    left = [f"{progress.skipped:,} skipped by conditions"] if progress.skipped else []
    left += [f"{progress.failed:,} failed (see Data, Failed events)"] if progress.failed else []
    click.echo(f"{progress.file}: {', '.join([kept, *left])}.")
    if progress.state == "done":
        return True
    click.echo(
        f"{progress.file}: {progress.state}. {progress.error or ''} What was imported stays; run it again to go on.",
        err=True,
    )
    return False


def _show_preview(path: Path, plan: Plan, seen: Preview) -> None:
    import msgspec  # noqa: PLC0415

    from resa.collect.imports.jobs import readable  # noqa: PLC0415

    click.echo(f"{path.name}: {seen.format}, mapping {plan.title}, times without offset are {plan.zone.key}.")
    click.echo(
        f"{seen.records:,} records would become {seen.events:,} events; {seen.failed:,} would fail, {seen.skipped:,} are skipped."
    )
    for draft in seen.sample:
        click.echo(_cut(msgspec.json.encode(readable(draft)).decode()))
    for reason, count in sorted(seen.reasons.items(), key=lambda item: -item[1])[:10]:
        click.echo(f"  {count:,} x {reason}")
    for item in seen.problems:
        click.echo(f"  record {item.number}: {item.field} {_cut(item.value, 60)!r} {item.rule} {item.remedy}")
    click.echo("Nothing was kept (--dry-run).")


def _cut(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
