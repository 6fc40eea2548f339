"""`resa bounces`: the bounces of a mailbox, taken in by the server that has the data directory open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click


@click.command("bounces")
@click.argument("mailbox", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory (RESA_DATA; default ./resa-data)."
)
def command(mailbox: Path, data: Path | None) -> None:
    """Take in the bounces and complaints of MAILBOX, an mbox file or a Maildir. The same one again changes nothing."""
    from resa.channels.email import bounces  # noqa: PLC0415  # `--help` needs none of it
    from resa.cli.local import speaking  # noqa: PLC0415
    from resa.settings import Settings  # noqa: PLC0415

    counted: Counter[str] = Counter()
    with speaking(Settings.of(data=data)) as speak:
        for raw in bounces.messages(mailbox):
            found = speak("POST", "/v1/email/bounces", {"message": raw.decode("latin-1")})
            counted[found["happened"] if found["mail"] else "of no mail of ours"] += 1
    for what, count in sorted(counted.items()):
        click.echo(f"{count:6} {what}")
