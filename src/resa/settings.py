"""Settings of one process: from the command line and from `RESA_*` in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resa.kernel.errors import Refused

DEFAULT_DATA: Final = Path("resa-data")


@dataclass(frozen=True)
class Settings:
    """What one Resa process was told. Every field is set by `RESA_<FIELD>` unless the command line says otherwise."""

    data: Path = DEFAULT_DATA
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    """The address customers' browsers reach this server at, where it differs from host and port (a proxy)."""
    state: str | None = None
    """URL of the state store, `postgresql+psycopg://...`; unset: SQLite in the data directory."""
    lake: str | None = None
    """Folder or URL of a Parquet lake; unset: one DuckDB file in the data directory."""
    spark: str | None = None
    """Spark master that answers questions about the lake, `spark://...`."""
    timezone: str | None = None
    """IANA zone of days, weeks and months of a new workspace; later it is a setting of the workspace."""
    keep_ip: bool = False
    """Keep whole IP addresses; by default the last octet (IPv4) or 80 bits (IPv6) are cut off."""
    seal_events: int = 2_000_000
    """Events the journey index holds in memory before it writes them to a file of its own."""
    smtp_hosts: str | None = None
    """Mail servers, with commas between, that may have a private address and get a password from the environment."""
    webhook_networks: str | None = None
    """Private networks that webhooks may be sent into, as `10.1.0.0/16,127.0.0.0/8`; by default none but the public internet."""
    owner_email: str | None = None
    owner_password: str | None = field(default=None, repr=False)
    write_key: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str] | None = None, **told: object) -> Settings:
        """Settings from `RESA_*` variables, overridden by what is `told` (None: not told)."""
        env = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for name in cls.__dataclass_fields__:
            if (text := env.get(f"RESA_{name.upper()}")) not in (None, ""):
                values[name] = _parse(name, str(text))
        values |= {name: value for name, value in told.items() if value is not None}
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed for its field


def _parse(name: str, text: str) -> object:
    if name == "data":
        return Path(text)
    if name == "keep_ip":
        return text.lower() in ("1", "true", "yes", "on")
    if name == "seal_events":
        if not text.isdigit() or int(text) < 1:
            raise Refused("RESA_SEAL_EVENTS", text, "is a whole number above 0.", "Leave it out for 2000000.")
        return int(text)
    if name == "port":
        if not text.isdigit() or not 0 <= int(text) <= 65535:
            raise Refused(
                "RESA_PORT", text, "a port is a whole number from 0 to 65535.", "Use 8000, or 0 for any free one."
            )
        return int(text)
    return text
