"""Where the lake's files lie: a folder that every machine sees (fsync of file and folder), or object storage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

ROW_GROUP: Final = 128 * 1024
"""Rows in a row group: what a look-up by row has to read at least."""

SPARK_SCHEMES: Final = {"s3": "s3a"}
"""Where Arrow and Hadoop name the same storage differently."""


class Storage:
    """The lake's root; paths are relative to it, so that a lake can be moved."""

    def __init__(self, root: str) -> None:
        """`root` is a folder (made if missing) or a URL that Arrow knows: `s3://bucket/folder`, `gs://...`, `hdfs://...`."""
        scheme, found, _ = root.partition("://")
        if found and scheme != "file":
            self.filesystem, self._folder = pa.fs.FileSystem.from_uri(root)
            self._local = None
            self._uri = root.replace(scheme, SPARK_SCHEMES.get(scheme, scheme), 1).rstrip("/")
        else:
            self._local = Path(root.removeprefix("file://")).absolute()
            self._local.mkdir(parents=True, exist_ok=True)
            self.filesystem, self._folder = pa.fs.LocalFileSystem(), str(self._local)
            self._uri = self._local.as_uri()

    def path(self, relative: str) -> str:
        """The path as `filesystem` takes it."""
        return f"{self._folder}/{relative}"

    def uri(self, relative: str) -> str:
        """The path as Spark takes it."""
        return f"{self._uri}/{relative}"

    def write(self, relative: str, table: pa.Table) -> int:
        """Write one Parquet file durably under a name never used before; its size in bytes."""
        if self._local is None:
            pq.write_table(table, self.path(relative), filesystem=self.filesystem, **_FORMAT)
            return int(self.filesystem.get_file_info(self.path(relative)).size)
        return _write_durably(self._local / relative, table)

    def delete(self, relative: str) -> None:
        """Delete a file; that it is gone already is fine."""
        if self.filesystem.get_file_info(self.path(relative)).type != pa.fs.FileType.NotFound:
            self.filesystem.delete_file(self.path(relative))

    def files(self, folder: str) -> list[tuple[str, float]]:
        """(relative path, seconds since 1970 of its last change) of every Parquet file below a folder."""
        selector = pa.fs.FileSelector(self.path(folder), recursive=True, allow_not_found=True)
        found = self.filesystem.get_file_info(selector)
        start = len(self._folder) + 1
        return [
            (info.path[start:], info.mtime.timestamp() if info.mtime else 0.0)
            for info in found
            if info.type == pa.fs.FileType.File
        ]


_FORMAT: Final = {"compression": "zstd", "row_group_size": ROW_GROUP, "coerce_timestamps": None}


def _write_durably(path: Path, table: pa.Table) -> int:
    new_folder = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        pq.write_table(table, file, **_FORMAT)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    for folder in (path.parent, path.parent.parent) if new_folder else (path.parent,):
        _sync_folder(folder)
    return size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
