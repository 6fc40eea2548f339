"""Readers: what a file holds becomes records; what can't be read is told, and the rest goes on."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from resa.collect.imports import readers
from resa.collect.imports.readers import Broken, Numbered, Read
from resa.kernel.errors import NotFound, Refused


def records(path: Path, read: Read | None = None) -> list[Numbered]:
    reader = readers.open_file(path, read)
    found = list(reader.records())
    reader.close()
    return found


def broken(found: list[Numbered]) -> list[tuple[int, str]]:
    return [(item.number, item.rule) for item in found if isinstance(item, Broken)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_first_line_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a{delimiter}b\n1{delimiter}2\n")
    assert records(path) == [(1, {"a": "1", "b": "2"})]


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"x, ""y""","1\n2"\n')
    assert records(path) == [(1, {"a": 'x, "y"', "b": "1\n2"})]


def test_a_gzipped_file_reads_as_the_file_itself_and_says_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n2\n"))
    reader = readers.open_file(path)
    assert [item for item in reader.records()] == [(1, {"a": "1"}), (2, {"a": "2"})]
    assert reader.done_bytes == reader.total_bytes == path.stat().st_size


def test_a_line_of_the_wrong_length_is_broken_and_its_neighbours_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3\n4,5,6\n\n7,8\n")
    found = records(path)
    assert broken(found) == [(2, "has 1 fields, the header 2."), (3, "has 3 fields, the header 2.")]
    assert found[-1] == (4, {"a": "7", "b": "8"})


def test_bytes_of_another_encoding_break_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\nMalm\xf6\n" + "Malmö\n".encode())
    found = records(path)
    assert broken(found) == [(1, "is not text in the file's encoding.")]
    assert found[1] == (2, {"a": "Malmö"})
    assert records(path, Read(encoding="latin-1"))[0] == (1, {"a": "Malmö"})


def test_byte_order_marks_are_understood(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes("å,b\n1,2\n".encode(encoding))
        assert records(path) == [(1, {"å": "1", "b": "2"})]


def test_an_endless_quote_breaks_what_it_swallowed_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a\n"' + "x" * 3_000_000 + "\nlast\n")
    found = records(path)
    assert broken(found)
    assert found[-1][1] == {"a": "last"}  # type: ignore[index]


def test_json_lines_are_numbered_by_line_and_bad_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n\nnot json\n[1]\n{"a":"\\ud800"}\n' + "[" * 5000 + "\n" + '{"a":2}')
    found = records(path)
    assert found[0] == (1, {"a": 1})
    assert [number for number, _ in broken(found)][:2] == [3, 4]
    assert found[-1] == (7, {"a": 2})


def test_a_json_array_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a":1}]')
    with pytest.raises(Refused, match="jq"):
        readers.open_file(path)


def test_parquet_gives_python_values_and_cuts_nanoseconds(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    moment = datetime(2026, 3, 1, 12, 30, 0, 123456)
    table = pa.table({"at": pa.array([moment], pa.timestamp("ns")), "n": [7], "of": pa.array([["x"]])})
    parquet.write_table(table, path)
    assert records(path) == [(1, {"at": moment, "n": 7, "of": ["x"]})]


def test_the_content_tells_the_format_where_the_name_does_not(tmp_path: Path) -> None:
    for name, content, expected in (
        ("a", b"x,y\n", "csv"),
        ("b", b' {"x":1}\n', "jsonl"),
        ("c.gz", gzip.compress(b'{"x":1}'), "jsonl"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert readers.format_of(path) == expected


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        readers.open_file(tmp_path / "missing.csv")
    bad = (
        ("a.csv", b"", "empty"),
        ("b.csv", b"a,a\n", "twice"),
        ("c.parquet", b"PAR1xxxx", "Parquet"),
        ("d.csv.gz", b"\x1f\x8bgarbage", "gzip"),
    )
    for name, content, words in bad:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(Refused, match=words):
            readers.open_file(path)
