"""Files as records: CSV, JSON Lines (both also gzipped) and Parquet, read in a stream with bounded memory."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, Protocol, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as parquet

from resa.collect.imports.values import Record
from resa.kernel.errors import NotFound, Refused

Format = Literal["csv", "jsonl", "parquet"]

MOST_LINE: Final = 16 * 1024 * 1024
_BATCH: Final = 4096
_GZIP: Final = b"\x1f\x8b"
_SUFFIXES: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}

csv.field_size_limit(2 * 1024 * 1024)


class Read(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How a file is to be read, where it does not say so itself."""

    format: Format | None = None
    delimiter: str | None = None
    """Of CSV; found in the first line when unset."""
    encoding: str | None = None
    """Of text; UTF-8 (or UTF-16 where the file starts with its mark) when unset."""
    columns: list[str] | None = None
    """Of a CSV file without a header line."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be read; `text` is its beginning."""

    number: int
    text: str
    rule: str
    remedy: str


Numbered = tuple[int, Record] | Broken


class Reader(Protocol):
    """One open file. `columns` is None where each record has its own names (JSON Lines)."""

    format: Format
    columns: list[str] | None
    total_bytes: int

    @property
    def done_bytes(self) -> int: ...

    def records(self) -> Iterator[Numbered]: ...

    def close(self) -> None: ...


def open_file(path: Path, read: Read | None = None) -> Reader:
    """Open `path` as what it is. Raises `NotFound` or `Refused`."""
    read = read or Read()
    if not path.is_file():
        raise NotFound("file", path, "Check the path.")
    kind = read.format or format_of(path)
    try:
        return _READERS[kind](path, read)
    except PermissionError:
        raise Refused("file", path.name, "may not be read by this user.", "Change its permissions.") from None


def format_of(path: Path) -> Format:
    """By the file's name, else by its first bytes."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    with path.open("rb") as raw:
        if raw.read(4) == b"PAR1":
            return "parquet"
        raw.seek(0)
        begins: bytes = _unzipped(lambda: _plain(raw).read(64))
        return "jsonl" if begins.lstrip().startswith(b"{") else "csv"


def look(path: Path, read: Read | None = None, most: int = 200) -> tuple[list[str] | None, list[Record], Format]:
    """The columns, the first readable records and the format of a file."""
    reader = open_file(path, read)
    try:
        readable = (item[1] for item in reader.records() if not isinstance(item, Broken))
        return reader.columns, list(islice(readable, most)), reader.format
    finally:
        reader.close()


def fingerprint(path: Path) -> str:
    """The file's SHA-256: the same bytes are the same import, under any name."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _plain(raw: BinaryIO) -> BinaryIO:
    """The bytes themselves, unzipped where they are zipped."""
    zipped = raw.read(2) == _GZIP
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw


class _Bytes:
    """What text readers share: the raw file, unzipped bytes, and how far reading has come."""

    def __init__(self, path: Path) -> None:
        self.total_bytes = path.stat().st_size
        self._raw = path.open("rb")
        self._stream = _plain(self._raw)

    @property
    def done_bytes(self) -> int:
        """How far into the file (zipped, if it is) reading has come."""
        return self._raw.tell()

    def close(self) -> None:
        """Let the file go."""
        self._raw.close()


def _unzipped(read: Callable[[], Any]) -> Any:
    """`read()`, with a damaged gzip file told as such."""
    try:
        return read()
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise Refused(
            "file", str(error), "The gzip file is damaged or cut off.", "Send it again; what was read before is kept."
        ) from None


class CsvReader(_Bytes):
    """Comma-separated text: quoted fields may hold line breaks; a line of the wrong length is broken, not the file."""

    format: Format = "csv"

    def __init__(self, path: Path, read: Read) -> None:
        """Read the header line."""
        super().__init__(path)
        self._trouble = ""
        self._text = io.TextIOWrapper(self._stream, _encoding(self._stream, read), errors="surrogateescape", newline="")
        first = _unzipped(lambda: self._text.readline(MOST_LINE))
        delimiter = read.delimiter or _delimiter(first)
        if len(delimiter) != 1:
            raise Refused("delimiter", delimiter, "must be one character.", "Use , or ; or a tab.")
        self._rows = csv.reader(self._lines(first), delimiter=delimiter)
        self.columns: list[str] | None = read.columns or _header(next(self._rows, []))

    def _lines(self, first: str) -> Iterator[str]:
        line = first
        while line:
            if len(line) >= MOST_LINE and not line.endswith("\n"):
                self._trouble = f"is longer than {MOST_LINE // 1_000_000} million characters."
                while line and not line.endswith("\n"):
                    line = _unzipped(lambda: self._text.readline(MOST_LINE))
                line = "\n"
            elif not line.isascii() and _escaped(line):
                self._trouble = "is not text in the file's encoding."
            yield line.replace("\0", "") if "\0" in line else line
            line = _unzipped(lambda: self._text.readline(MOST_LINE))

    def records(self) -> Iterator[Numbered]:
        """Each line after the header, as text by column."""
        columns = self.columns or []
        width, number = len(columns), 0
        while True:
            try:
                row = next(self._rows, None)
            except csv.Error as error:
                number += 1
                yield Broken(number, "", f"is not CSV: {error}.", "Close its quotes and save the line again.")
                continue
            if row is None:
                return
            if self._trouble:
                number += 1
                yield Broken(number, _shown(row), self._trouble, "Save the file as UTF-8, or name its encoding.")
                self._trouble = ""
            elif len(row) == width:
                number += 1
                yield number, dict(zip(columns, row, strict=True))
            elif row:
                number += 1
                yield Broken(
                    number,
                    _shown(row),
                    f"has {len(row)} fields, the header {width}.",
                    "Quote fields that hold the delimiter.",
                )


class JsonLinesReader(_Bytes):
    """One JSON object a line."""

    format: Format = "jsonl"
    columns: list[str] | None = None

    def __init__(self, path: Path, _read: Read) -> None:
        """Look at the beginning: a JSON array is refused with what to do."""
        super().__init__(path)
        self._first = _unzipped(lambda: self._stream.readline(MOST_LINE)).removeprefix(b"\xef\xbb\xbf")
        if self._first.lstrip().startswith(b"["):
            rule = "is one JSON array, not JSON Lines."
            raise Refused("file", path.name, rule, "Write one object a line, for instance with: jq -c '.[]' FILE.")

    def records(self) -> Iterator[Numbered]:
        """Each line that is not blank, numbered by line."""
        decode = msgspec.json.Decoder().decode
        number, line = 0, self._first
        while line:
            number += 1
            if len(line) >= MOST_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = _unzipped(lambda: self._stream.readline(MOST_LINE))
                yield Broken(number, "", f"is longer than {MOST_LINE // 1_000_000} million bytes.", "Split it.")
            elif line.strip():
                yield self._record(decode, number, line)
            line = _unzipped(lambda: self._stream.readline(MOST_LINE))

    @staticmethod
    def _record(decode: Callable[[bytes], Any], number: int, line: bytes) -> Numbered:
        text = line[:2000].decode("utf-8", "replace")
        try:
            record = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Broken(number, text, f"is not JSON: {error}.", "Write one JSON object a line.")
        except RecursionError:
            return Broken(number, text, "is nested too deeply.", "Flatten it.")
        if not isinstance(record, dict):
            return Broken(number, text, "is not an object.", "Write one JSON object a line.")
        return number, record


class ParquetReader:
    """Parquet by PyArrow, a few thousand rows at a time."""

    format: Format = "parquet"

    def __init__(self, path: Path, _read: Read) -> None:
        """Read the footer."""
        self.total_bytes = path.stat().st_size
        try:
            self._file = parquet.ParquetFile(path)
        except pa.ArrowInvalid as error:
            raise Refused("file", path.name, f"is not Parquet: {error}.", "Check that it is whole.") from None
        self.columns: list[str] | None = list(self._file.schema_arrow.names)
        self._rows = max(self._file.metadata.num_rows, 1)
        self._done = 0

    @property
    def done_bytes(self) -> int:
        """In proportion to the rows read."""
        return int(self.total_bytes * min(self._done, self._rows) // self._rows)

    def records(self) -> Iterator[Numbered]:
        """Each row, with Python values."""
        names = self.columns or []
        for batch in self._file.iter_batches(batch_size=_BATCH):
            first = self._done + 1
            for number, row in enumerate(zip(*map(_values, batch.columns), strict=True), first):
                self._done = number
                yield number, dict(zip(names, row, strict=True))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


_READERS: Final[dict[Format, Callable[[Path, Read], Reader]]] = {
    "csv": CsvReader,
    "jsonl": JsonLinesReader,
    "parquet": ParquetReader,
}


def _values(column: Any) -> list[Any]:
    """Python values of an Arrow column; nanoseconds are cut, as `datetime` has none."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return cast("list[Any]", column.to_pylist())


def _encoding(stream: BinaryIO, read: Read) -> str:
    if read.encoding is not None:
        try:
            "".encode(read.encoding)  # also refuses codecs that are not of text
            name = codecs.lookup(read.encoding).name
            return "utf-8-sig" if name == "utf-8" else name
        except LookupError:
            raise Refused("encoding", read.encoding, "is not known.", "Use utf-8, utf-16, latin-1 or cp1252.") from None
    start = _unzipped(lambda: stream.read(2))
    stream.seek(0)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _delimiter(line: str) -> str:
    """The one of the usual four that the first line holds most often."""
    return max(",;\t|", key=line.count)


def _header(row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    if not names:
        raise Refused("file", "", "is empty.", "A CSV file starts with a line of column names.")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Refused(
            "columns", ", ".join(sorted(twice)), "occur twice in the header.", "Give each column its own name."
        )
    return names


def _escaped(line: str) -> bool:
    """Whether bytes could not be decoded (they are kept as lone surrogates)."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False


def _shown(row: list[str]) -> str:
    return ",".join(row)[:2000].encode("utf-8", "replace").decode()
