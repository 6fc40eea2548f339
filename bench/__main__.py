"""`python -m bench [NAME ...]`: run the measurements named, or all."""

from __future__ import annotations

import importlib
import platform
import sys

import psutil

ALL = (
    "ingest",
    "audiences",
    "sequences",
    "against_clickhouse",
    "pages",
    "metrics",
    "start",
    "experiments",
    "results",
    "burst",
    "flags",
    "decide",
    "against_unleash",
    "text",
    "themes",
)


def main(names: list[str]) -> None:
    """Run them one after the other: they want the machine for themselves."""
    memory = psutil.virtual_memory().total / 2**30
    print(
        f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    )
    for name in names or ALL:
        print(f"\n== {name}\n")
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
