"""Raw files: every line is a row with its number or is kept with a reason; a file that is not whole is refused whole."""

import datetime as dt
import gzip
import re
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

import batch_assets.ingest.formats.lines
from batch_assets.errors import DefinitionError, LakeError
from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.format import Format, Refused
from batch_assets.ingest.formats.json_lines import JsonLines
from batch_assets.ingest.lakefile import Form, LakeFile, Version, day_version, file_version, unpacked_bytes

DAY = dt.date(2017, 1, 1)
HEADER = b"a,b,c\n"


def source(fmt: Format, suffix: str) -> LakeFile:
    """Return a source of three fields."""
    return LakeFile("things", f"things/{{day}}.{suffix}", {"a": "first", "b": "second", "c": "third"}, fmt, "Things.")


CSV, GZIPPED, JSON = source(Csv(), "csv"), source(Csv(), "csv.gz"), source(JsonLines(), "jsonl")


def put(of: LakeFile, root: Path, content: bytes) -> Path:
    """Write a day's file as it stands."""
    path = of.path(root, DAY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(of: LakeFile, root: Path, content: bytes) -> tuple[list[dict[str, object]], list[Refused]]:
    """Write and read a day's file: its rows, and the lines that are none."""
    path = put(of, root, content)
    bad: list[Refused] = []
    batches = list(of.read(root, path, DAY, bad.append))
    assert all(batch.schema == of.schema for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()], bad


def counted(of: LakeFile, root: Path) -> int:
    """Return how many rows a day's file has, readable or not."""
    return of.count(of.path(root, DAY), DAY)[0]


def fields(rows: Sequence[dict[str, object]]) -> list[tuple[object, ...]]:
    """Return each row's line and fields."""
    return [(row["source_line"], row["a"], row["b"], row["c"]) for row in rows]


def test_each_row_knows_its_day_file_and_line(tmp_path: Path) -> None:
    rows, bad = read(CSV, tmp_path, HEADER + b"1,2,3\n4,,6\n")
    assert rows[0] == {"batch_date": DAY, "source_file": "things/2017-01-01.csv", "source_line": 2, "a": "1", "b": "2", "c": "3"}
    assert fields(rows) == [(2, "1", "2", "3"), (3, "4", "", "6")]
    assert bad == []


@pytest.mark.parametrize("null", ["", "NULL", "NA", "nan", "None", "0x", " "])
def test_what_looks_like_null_is_text(tmp_path: Path, null: str) -> None:
    rows, _ = read(CSV, tmp_path, HEADER + f"1,{null},3\n".encode())
    assert rows[0]["b"] == null


def test_quoted_commas_and_quotes_belong_to_their_field(tmp_path: Path) -> None:
    rows, bad = read(CSV, tmp_path, HEADER + b'1,"two, too",3\n"say ""4""",5,6\n')
    assert fields(rows) == [(2, "1", "two, too", "3"), (3, 'say "4"', "5", "6")]
    assert bad == []


def test_carriage_returns_are_no_part_of_a_field(tmp_path: Path) -> None:
    rows, _ = read(CSV, tmp_path, b"a,b,c\r\n1,2,3\r\n4,5,6\r\n")
    assert fields(rows) == [(2, "1", "2", "3"), (3, "4", "5", "6")]


@pytest.mark.parametrize("size", [8, 13, 14, 1 << 20])
def test_a_byte_order_mark_within_a_file_is_of_its_field_wherever_a_block_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "BLOCK_BYTES", size)
    rows, bad = read(CSV, tmp_path, HEADER + b"\xef\xbb\xbf1,2,3\n4,5,6\n\xef\xbb\xbf7,8,9\n")
    assert (fields(rows), bad) == ([(2, "\ufeff1", "2", "3"), (3, "4", "5", "6"), (4, "\ufeff7", "8", "9")], [])


@pytest.mark.parametrize(("of", "content"), [(CSV, b"a,b\n1,2\n"), (GZIPPED, gzip.compress(HEADER + b"1,2,3\n", mtime=0)[:-9]), (GZIPPED, b"no gzip")])
def test_a_file_that_is_refused_says_of_which_day_it_is(tmp_path: Path, of: LakeFile, content: bytes) -> None:
    with pytest.raises(LakeError) as refused:
        read(of, tmp_path, content)
    assert refused.value.day == DAY
    assert str(refused.value).startswith(str(of.path(tmp_path, DAY)))


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert fields(read(CSV, tmp_path, b"\xef\xbb\xbf" + HEADER + b"1,2,3\n")[0]) == [(2, "1", "2", "3")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,2", "2 fields instead of 3"),
        (b"1,2,3,4", "4 fields instead of 3"),
        (b"", "0 fields instead of 3"),
        (b'1,"2,3', "the line is not CSV"),
        (b'1,"2"x,3', "the line is not CSV"),
        (b"1,caf\xe9,3", "the line is not UTF-8"),
        (b"1,2\r2,3", "the line is not CSV"),
    ],
)
def test_a_line_that_is_no_row_is_kept_whole_with_its_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    rows, bad = read(CSV, tmp_path, HEADER + b"0,0,0\n" + line + b"\n7,8,9\n")
    assert fields(rows) == [(2, "0", "0", "0"), (4, "7", "8", "9")]
    assert [(b.line, b.raw) for b in bad] == [(3, line.decode("utf-8", "backslashreplace"))]
    assert bad[0].reason.startswith(reason)


def test_an_unclosed_quote_does_not_swallow_the_lines_after_it(tmp_path: Path) -> None:
    rows, bad = read(CSV, tmp_path, HEADER + b'1,"2,3\n4,5,6\n7,"8",9\n')
    assert fields(rows) == [(3, "4", "5", "6"), (4, "7", "8", "9")]
    assert [b.line for b in bad] == [2]


def test_a_quote_that_spans_two_lines_makes_both_unreadable(tmp_path: Path) -> None:
    rows, bad = read(CSV, tmp_path, HEADER + b'1,"2\n2",3\n4,5,6\n')
    assert fields(rows) == [(4, "4", "5", "6")]
    assert [b.line for b in bad] == [2, 3]


def test_a_cut_last_line_is_a_bad_line_in_a_gzip_file_which_says_that_it_is_whole(tmp_path: Path) -> None:
    rows, bad = read(GZIPPED, tmp_path, gzip.compress(HEADER + b"1,2,3\n4,5"))
    assert fields(rows) == [(2, "1", "2", "3")]
    assert [(b.line, b.reason) for b in bad] == [(3, "2 fields instead of 3")]
    with pytest.raises(LakeError, match="its form changed"):
        read(GZIPPED, tmp_path, gzip.compress(HEADER + b"1\n" * 5 + b"1"))


@pytest.mark.parametrize(
    ("of", "content", "told"),
    [
        (CSV, HEADER + b"1,2,3\n4,5", r"line 3, the last, has no end and is no row \(2 fields instead of 3\): the file breaks off"),
        (CSV, HEADER + b'1,2,3\n4,5,"6', r"line 3, the last, has no end and is no row \(the line is not CSV.*\): the file breaks off"),
        (JSON, b'{"a": 1, "b": 2, "c": 3}\n{"a": 1, "b"', r"line 2, the last, has no end and is no row \(the line is not JSON\): the file breaks off"),
    ],
)
def test_a_file_that_breaks_off_is_refused_whole(tmp_path: Path, of: LakeFile, content: bytes, told: str) -> None:
    with pytest.raises(LakeError, match=told):
        read(of, tmp_path, content)
    assert len(read(of, tmp_path, content + b"\n")[1]) == 1


def test_a_last_line_without_its_newline_is_a_row(tmp_path: Path) -> None:
    assert fields(read(CSV, tmp_path, HEADER + b"1,2,3")[0]) == [(2, "1", "2", "3")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"a,b", "missing c"),
        (b"a,b,c,d", "unexpected d"),
        (b"a,x,c", "missing b; unexpected x"),
        (b"a,c,b", "another order: a, c, b"),
        (b"1,2,3", "missing a, b, c."),
        (b"a;b;c", "missing a, b, c"),
        (b'"a","b",c,"d, e"', "unexpected d, e"),
        (b'"a,b,c', "missing a"),
    ],
)
def test_a_changed_header_is_refused_and_told(tmp_path: Path, header: bytes, told: str) -> None:
    with pytest.raises(LakeError, match=r"things/2017-01-01\.csv: line 1: the header changed") as refused:
        read(CSV, tmp_path, header + b"\n1,2,3\n")
    assert told in str(refused.value)
    assert "lake/things.py" in str(refused.value)


def test_a_header_may_be_quoted(tmp_path: Path) -> None:
    assert fields(read(CSV, tmp_path, b'"a","b",c\n1,2,3\n')[0]) == [(2, "1", "2", "3")]


def test_a_truncated_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(HEADER + b"".join(b"%d,2,3\n" % n for n in range(5000)))
    for cut in (len(whole) // 2, len(whole) - 1, 5):
        with pytest.raises(LakeError, match="cut off or damaged"):
            read(GZIPPED, tmp_path, whole[:cut])


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(HEADER + b"".join(b"%d,2,3\n" % (n * n) for n in range(5000)))
    for place in (0, len(whole) // 2, len(whole) - 6):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        with pytest.raises(LakeError, match=r"things/2017-01-01\.csv\.gz: cut off or damaged"):
            read(GZIPPED, tmp_path, bytes(damaged))


MIXED = HEADER + b"".join([b"1,2,3\n", b'"x,y",2,3\n', b"1,2\n", b"\n", b'"\n', b"caf\xe9,,\n", b"7,8,9\r\n", b"0,,\n"] * 30) + b"last,2,3"


def test_rows_and_unreadable_lines_are_all_lines(tmp_path: Path) -> None:
    rows, bad = read(CSV, tmp_path, MIXED)
    assert len(rows) + len(bad) == counted(CSV, tmp_path) == 241
    assert sorted([*(int(str(row["source_line"])) for row in rows), *(b.line for b in bad)]) == list(range(2, 243))


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7, 13, 64, 1000])
def test_blocks_of_any_size_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    whole = read(CSV, tmp_path, MIXED)
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "BLOCK_BYTES", size)
    assert read(CSV, tmp_path, MIXED) == whole
    assert counted(CSV, tmp_path) == 241


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "BLOCK_BYTES", 100)
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "LINE_BYTES", 1000)
    with pytest.raises(LakeError, match="a line of more than 1000 bytes"):
        read(CSV, tmp_path, HEADER + b"x" * 5000)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "BLOCK_BYTES", 20_000)

    def peak(lines: int) -> int:
        path = put(GZIPPED, tmp_path, gzip.compress(HEADER + b"".join(b"%d,two,three\n" % n for n in range(lines))))
        tracemalloc.start()
        arrow = 0
        for batch in GZIPPED.read(tmp_path, path, DAY, lambda _: None):
            arrow = max(arrow, batch.nbytes)
        size = tracemalloc.get_traced_memory()[1] + arrow
        tracemalloc.stop()
        return size

    peak(1000)
    assert peak(80_000) < 1.3 * peak(10_000)


def test_json_numbers_are_kept_as_written_and_null_is_null(tmp_path: Path) -> None:
    rows, bad = read(JSON, tmp_path, b'{"a": 1, "b": null, "c": "x"}\n{"c": 1.50, "b": true, "a": ""}\n')
    assert fields(rows) == [(1, "1", None, "x"), (2, "", "true", "1.50")]
    assert bad == []


EXACT = ["1", "-0", "0", "1e2", "1E+2", "1.0", "0.10", "123456789012345678901234567890", "18446744073709551615", "0.30000000000000000001"]


@pytest.mark.parametrize("number", EXACT)
def test_a_json_number_keeps_its_text_alone_and_beside_others(tmp_path: Path, number: str) -> None:
    line = f'{{"a": {number}, "b": "x", "c": "say \\"{{1}}\\""}}\n'.encode()
    assert fields(read(JSON, tmp_path, line)[0]) == [(1, number, "x", 'say "{1}"')]
    plain = f'{{"a": {number}, "b": "x", "c": ""}}\n'.encode()
    assert fields(read(JSON, tmp_path, plain)[0]) == [(1, number, "x", "")]
    beside = b'{"a": 7, "b": false, "c": "\\u00e9"}\n'
    assert fields(read(JSON, tmp_path, beside + line + beside)[0])[1] == (2, number, "x", 'say "{1}"')
    assert fields(read(JSON, tmp_path, beside)[0]) == [(1, "7", "false", "\u00e9")]


DEEP = b"[" * 900 + b"]" * 900


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1, "b": 2, "a": 3, "c": 4}', "a is there 2 times"),
        (b'{"a": "x", "b": 2, "c": 4, "a": "x"}', "a is there 2 times"),
        (b'{"a": 1, "b": 1, "c": 3, "b": null, "b": ""}', "b is there 3 times"),
        (b'{"a": {"x": 1}, "b": 2, "c": [1, [2]]}', "a is an object; c is an array, not a single value"),
        (b'{"a": ' + b"[" * 255 + b"]" * 255 + b', "b": 2, "c": 3}', "a is an array, not a single value"),
        (b'{"a": ' + DEEP + b', "b": 2, "c": 3, "a": 1}', "a is there 2 times"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b', "b": 2, "c": 3}', "the line is not JSON"),
    ],
)
def test_repeated_and_nested_members_are_no_fields(tmp_path: Path, line: bytes, reason: str) -> None:
    rows, bad = read(JSON, tmp_path, b'{"a": 1, "b": 2, "c": 3}\n' + line + b'\n{"a": 1, "b": 2, "c": 3}\n')
    assert fields(rows) == [(1, "1", "2", "3"), (3, "1", "2", "3")]
    assert bad in ([Refused(2, reason, line.decode())], [Refused(2, "the line is nested too deeply", line.decode())])


@pytest.mark.parametrize("of", [CSV, JSON])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_byte_order_mark_is_no_part_of_the_first_line_whatever_the_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: LakeFile, size: int) -> None:
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "BLOCK_BYTES", size)
    content = HEADER + b"1,2,3\n4,5,6\n" if of is CSV else b'{"a": "1", "b": 2, "c": 3}\n{"a": "4", "b": 5, "c": 6}\n'
    plain = read(of, tmp_path, content)
    assert read(of, tmp_path, b"\xef\xbb\xbf" + content) == plain
    assert (len(plain[0]), plain[1], counted(of, tmp_path)) == (2, [], 2)
    assert read(JSON, tmp_path, b"\xef\xbb\xbf") == ([], [])
    assert counted(JSON, tmp_path) == 0


@pytest.mark.parametrize("lines", [1, 2, 3, 100])
def test_few_lines_at_once_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
    whole = read(CSV, tmp_path, MIXED)
    monkeypatch.setattr(batch_assets.ingest.formats.lines, "LINES_AT_ONCE", lines)
    assert read(CSV, tmp_path, MIXED) == whole
    assert counted(CSV, tmp_path) == 241


GOOD = b'{"a": 1, "b": 2, "c": 3}\n'
MORE = b'{"a": 1, "b": 2, "c": 3, "gtin": 0}\n'


@pytest.mark.parametrize(
    ("of", "content", "told"),
    [
        (JSON, MORE * 5, "5 of 5 lines are no rows, 5 of them for one reason, the first in line 1: unexpected gtin"),
        (JSON, GOOD * 5 + MORE * 6, "6 of 11 lines are no rows, 6 of them for one reason, the first in line 6: unexpected gtin"),
        (JSON, (GOOD * 9).decode().encode("utf-16"), "10 of 10 lines are no rows, 10 of them for one reason, the first in line 1: the line is not JSON"),
        (CSV, HEADER + b"1,2,3\n" + b"1;2;3\n" * 9, "9 of 10 lines are no rows, 9 of them for one reason, the first in line 3: 1 fields instead of 3"),
        (JSON, GOOD * 6 + MORE * 6, None),
        (JSON, MORE * 4, None),
        (JSON, GOOD + MORE * 3 + b"{}\n" * 2, "5 of 6 lines are no rows, 3 of them for one reason, the first in line 2: unexpected gtin"),
    ],
)
def test_a_feed_whose_form_changed_is_refused_as_a_form(tmp_path: Path, of: LakeFile, content: bytes, told: str | None) -> None:
    if told is None:
        assert read(of, tmp_path, content)[1]
    else:
        with pytest.raises(
            LakeError, match=rf"/things/2017-01-01\..*: its form changed: .*{told}\. Ask for the file again, or describe its new form in lake/things\.py"
        ):
            read(of, tmp_path, content)


@pytest.mark.parametrize(
    ("of", "content"),
    [
        (CSV, b"a,b," + b"x" * 2_000_000 + b"\n"),
        (CSV, b"y" * 2_000_000),
        (CSV, b"a" + b",b" * 1_000_000 + b"\n1,2\n"),
        (JSON, b'{"a": 1, "b": 2, "%s": 3}\n' % (b"x" * 2_000_000) * 5),
    ],
)
def test_a_text_of_any_length_makes_a_short_message(tmp_path: Path, of: LakeFile, content: bytes) -> None:
    with pytest.raises(LakeError) as refused:
        read(of, tmp_path, content)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', "the line is not JSON"),
        (b"", "the line is not JSON"),
        (b'{"a": "\xe9", "b": 1, "c": 1}', "the line is not JSON"),
        (b"[1, 2, 3]", "the line is JSON, but a list, not an object"),
        (b"null", "the line is JSON, but a NoneType, not an object"),
        (b'{"a": 1, "c": 3}', "missing b"),
        (b'{"a": 1, "b": 2, "c": 3, "d": 4}', "unexpected d"),
        (b'{"a": 1, "b": 2, "x": 3}', "missing c; unexpected x"),
    ],
)
def test_a_json_line_that_is_no_row_is_kept_with_its_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    rows, bad = read(JSON, tmp_path, b'{"a": 1, "b": 2, "c": 3}\n' + line + b"\n")
    assert fields(rows) == [(1, "1", "2", "3")]
    assert bad == [Refused(2, reason, line.decode("utf-8", "backslashreplace"))]


def test_an_empty_json_file_has_no_rows(tmp_path: Path) -> None:
    assert read(JSON, tmp_path, b"") == ([], [])
    assert counted(JSON, tmp_path) == 0


def test_the_columns_of_rows_are_all_text_but_their_origin() -> None:
    assert CSV.schema.types == [pa.date32(), pa.string(), pa.int64(), pa.string(), pa.string(), pa.string()]


DROPS = LakeFile(
    "drops", "drops/{day}/*", {"a": "first", "b": "second", "c": "third"}, Csv(), "Things that come several times a day.", closing="drops/{day}/MANIFEST"
)


def put_drops(root: Path, files: Mapping[str, bytes], manifest: bytes | None) -> Path:
    """Write a day's files, and the manifest as it stands; return their folder."""
    folder = DROPS.path(root, DAY).parent
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if manifest is not None:
        (folder / "MANIFEST").write_bytes(manifest)
    return folder


def version(root: Path) -> str:
    """Return the version of a day of several files."""
    return day_version(root, [(path, file_version(path)) for path in DROPS.files(root, DAY)])


def test_one_file_is_a_day_by_default(tmp_path: Path) -> None:
    assert CSV.files(tmp_path, DAY) == []
    path = put(CSV, tmp_path, HEADER)
    assert CSV.files(tmp_path, DAY) == [path] == [CSV.path(tmp_path, DAY)]


@pytest.mark.parametrize(
    "other",
    ["2017-01-01 (1).csv.gz", "2017-01-01.csv", "2017-01-01_v2.csv.gz", "2017-01-01 - Copy.csv.gz", "Copy of 2017-01-01.csv.gz", "2017-01-01.CSV.GZ"],
)
def test_a_second_file_of_a_day_is_refused_beside_the_first_and_in_its_place(tmp_path: Path, other: str) -> None:
    path = put(GZIPPED, tmp_path, b"")
    (path.parent / other).touch()
    with pytest.raises(LakeError) as refused:
        GZIPPED.files(tmp_path, DAY)
    assert str(refused.value) == (
        f"{path}: {other} lies beside it, and one file makes up a day. Give the right one this name and move the other away, "
        "or, if it is of another source, name its pattern in `beside`, in lake/things.py."
    )
    assert refused.value.day == DAY
    path.unlink()
    with pytest.raises(LakeError, match=f"{re.escape(other)} lies in its place"):
        GZIPPED.files(tmp_path, DAY)
    (path.parent / other).rename(path)
    assert GZIPPED.files(tmp_path, DAY) == [path]


def test_what_another_source_has_beside_a_file_is_named_once(tmp_path: Path) -> None:
    path = put(GZIPPED, tmp_path, b"")
    (path.parent / "2017-01-01_returns_north.csv").touch()
    beside = replace(GZIPPED, beside=("things/{day}_returns_*.csv",))
    assert beside.files(tmp_path, DAY) == [path]
    assert not [*beside.overlooked(tmp_path, [DAY])]
    (path.parent / "2017-01-01_gains.csv").touch()
    with pytest.raises(LakeError, match=r"2017-01-01_gains\.csv lies beside it"):
        beside.files(tmp_path, DAY)


def test_files_of_no_day_are_named_in_one_line(tmp_path: Path) -> None:
    folder = put(GZIPPED, tmp_path, b"").parent
    assert not [*GZIPPED.overlooked(tmp_path, [DAY])]
    for name in ["2017-02-31.csv.gz", "2018-01-01.csv.gz", *(f"2017-{month}.csv.gz" for month in range(1, 6))]:
        (folder / name).touch()
    assert [*GZIPPED.overlooked(tmp_path, [DAY])] == [
        "lake.things: not read, since no day has a file of this name: things/2017-02-31.csv.gz, things/2017-1.csv.gz, things/2017-2.csv.gz, "
        "things/2017-3.csv.gz, things/2017-4.csv.gz and 1 more. Rename what belongs to a day, and move the rest away."
    ]


def test_what_fits_neither_the_names_nor_the_manifest_of_several_files_is_named(tmp_path: Path) -> None:
    hourly = LakeFile("hourly", "hourly/{day}/*.csv", {"a": "first"}, Csv(), "Hourly.", closing="hourly/{day}/MANIFEST")
    folder = tmp_path / "hourly" / str(DAY)
    folder.mkdir(parents=True)
    for name in ("MANIFEST", "08.csv", "09.csv.gz"):
        (folder / name).touch()
    assert [line.split("name: ")[1].split(". ")[0] for line in hourly.overlooked(tmp_path, [DAY])] == ["hourly/2017-01-01/09.csv.gz"]


def test_a_day_is_not_there_before_its_manifest(tmp_path: Path) -> None:
    folder = put_drops(tmp_path, {"08.csv": HEADER}, None)
    assert DROPS.files(tmp_path, DAY) == []
    assert DROPS.path(tmp_path, DAY) == folder / "MANIFEST"


@pytest.mark.parametrize("manifest", [b"08.csv\n09.csv\n", b"09.csv\n\n08.csv", b"08.csv\r\n09.csv\r\n", b"\xef\xbb\xbf08.csv\n09.csv\n09.csv\n"])
def test_the_files_of_a_day_are_those_that_its_manifest_names(tmp_path: Path, manifest: bytes) -> None:
    folder = put_drops(tmp_path, {"09.csv": HEADER, "08.csv": HEADER}, manifest)
    assert DROPS.files(tmp_path, DAY) == [folder / "08.csv", folder / "09.csv"]


def test_an_empty_manifest_says_that_nothing_came(tmp_path: Path) -> None:
    put_drops(tmp_path, {}, b"")
    assert DROPS.files(tmp_path, DAY) == []


@pytest.mark.parametrize(
    ("files", "manifest", "told"),
    [
        (["08.csv"], b"08.csv\n09.csv\n", "MANIFEST: names drops/2017-01-01/09.csv, which is not there. Ask for them again."),
        ([], b"08.csv\n09.csv\n", "MANIFEST: names drops/2017-01-01/08.csv, drops/2017-01-01/09.csv, which are not there."),
        (["08.csv", "strange.csv"], b"08.csv\n", "MANIFEST: does not name drops/2017-01-01/strange.csv. Add what belongs to the day to it"),
        (["08.csv"], b"08.csv\ncaf\xe9.csv\n", r"MANIFEST: names drops/2017-01-01/caf\xe9.csv, which is not there."),
    ],
)
def test_a_manifest_and_its_folder_must_agree(tmp_path: Path, files: list[str], manifest: bytes, told: str) -> None:
    put_drops(tmp_path, dict.fromkeys(files, HEADER), manifest)
    with pytest.raises(LakeError) as refused:
        DROPS.files(tmp_path, DAY)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.day == DAY


def test_a_row_of_several_files_knows_which_one_it_is_from(tmp_path: Path) -> None:
    put_drops(tmp_path, {"08.csv": HEADER + b"1,2,3\n", "09.csv": HEADER + b"1,2,3\n4,5\n"}, b"08.csv\n09.csv\n")
    bad: list[Refused] = []
    batches = [batch for path in DROPS.files(tmp_path, DAY) for batch in DROPS.read(tmp_path, path, DAY, bad.append)]
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [(row["source_file"], row["source_line"]) for row in rows] == [("drops/2017-01-01/08.csv", 2), ("drops/2017-01-01/09.csv", 2)]
    assert [refused.line for refused in bad] == [3]


def test_the_version_of_a_day_is_of_names_and_bytes_in_any_order(tmp_path: Path) -> None:
    folder = put_drops(tmp_path, {"08.csv": b"one", "09.csv": b"two"}, b"08.csv\n09.csv\n")
    first = version(tmp_path)
    assert version(tmp_path) == first == day_version(tmp_path, [(path, file_version(path)) for path in reversed(DROPS.files(tmp_path, DAY))])
    put_drops(tmp_path, {}, b"09.csv\n08.csv\n")
    assert version(tmp_path) == first
    put_drops(tmp_path, {"09.csv": b"2"}, None)
    changed = version(tmp_path)
    (folder / "09.csv").rename(folder / "10.csv")
    put_drops(tmp_path, {"10.csv": b"two"}, b"08.csv\n10.csv\n")
    renamed = version(tmp_path)
    put_drops(tmp_path, {"08.csv": b"two", "10.csv": b"one"}, None)
    assert len({first, changed, renamed, version(tmp_path)}) == 4


@pytest.mark.parametrize(("of", "content"), [(CSV, HEADER + b"1,2,3\n" * 5000), (GZIPPED, gzip.compress(HEADER + b"1,2,3\n" * 5000, mtime=0))])
def test_the_version_of_what_was_read_is_that_of_the_file_as_it_lies_there(tmp_path: Path, of: LakeFile, content: bytes) -> None:
    path, read_version = put(of, tmp_path, content), Version()
    list(of.read(tmp_path, path, DAY, lambda _: None, read_version))
    assert str(read_version) == file_version(path) == of.count(path, DAY)[1]


@pytest.mark.parametrize(("pattern", "closing"), [("drops/{day}/*.csv", None), ("drops/{day}.csv", "drops/{day}.done")])
def test_several_files_a_day_and_what_says_that_they_are_complete_go_together(pattern: str, closing: str | None) -> None:
    with pytest.raises(DefinitionError, match=r"lake\.drops: a pattern with a `\*` and `closing`.* go together"):
        LakeFile("drops", pattern, {"a": "first"}, Csv(), "Drops.", closing=closing)


def test_a_file_of_another_form_is_told_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LakeError) as refused:
        read(CSV, tmp_path, b"a,b\n1,2\n")
    path = CSV.path(tmp_path, DAY)
    assert str(refused.value) == f"{path}: line 1: the header changed: missing c. Ask for the file again, or describe its new form in lake/things.py."
    assert refused.value.day == DAY


@pytest.mark.parametrize(
    ("suffix", "content", "size"),
    [
        ("csv", b"x" * 1000, 1000),
        ("csv", b"", 0),
        ("csv.gz", gzip.compress(b"x" * 100_000, mtime=0), 100_000),
        ("csv.gz", gzip.compress(b"x" * 1000, mtime=0) + gzip.compress(b"y", mtime=0), len(gzip.compress(b"x" * 1000) + gzip.compress(b"y"))),
        ("csv.gz", b"abc", 3),
    ],
)
def test_how_large_a_file_is_unpacked_is_known_without_unpacking_it(tmp_path: Path, suffix: str, content: bytes, size: int) -> None:
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    assert unpacked_bytes(path) == size


SENT = replace(CSV, instead=Form("sent/{day}/*.csv", Csv(separator=";"), "sent/{day}/CLOSED", "sent/{day}/segments.json"))


def put_sent(root: Path, *names: str) -> Path:
    """Write a day in its other form, of a file of each name; return the folder."""
    folder = root / "sent" / str(DAY)
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"a;b;c\n4;5;6\n")
    (folder / "segments.json").touch()
    (folder / "CLOSED").write_text("".join(f"{name}\n" for name in names))
    return folder


def test_a_day_may_have_arrived_in_another_form_and_is_read_in_it(tmp_path: Path) -> None:
    assert SENT.files(tmp_path, DAY) == []
    assert SENT.path(tmp_path, DAY) == CSV.path(tmp_path, DAY)
    folder = put_sent(tmp_path, "one.csv", "two.csv")
    assert SENT.path(tmp_path, DAY) == folder / "CLOSED"
    assert SENT.files(tmp_path, DAY) == [folder / "one.csv", folder / "two.csv"]
    rows = [row for path in SENT.files(tmp_path, DAY) for batch in SENT.read(tmp_path, path, DAY, print) for row in batch.to_pylist()]
    assert [(row["source_file"], row["b"]) for row in rows] == [(f"sent/{DAY}/one.csv", "5"), (f"sent/{DAY}/two.csv", "5")]
    assert SENT.count(folder / "one.csv", DAY)[0] == 1
    assert [*SENT.overlooked(tmp_path, [DAY])] == []
    (folder / "three.jsonl").touch()
    assert "sent/2017-01-01/three.jsonl" in next(SENT.overlooked(tmp_path, [DAY]))


def test_a_day_that_has_arrived_in_two_forms_is_refused(tmp_path: Path) -> None:
    path = put(CSV, tmp_path, HEADER)
    assert SENT.files(tmp_path, DAY) == [path]
    folder = put_sent(tmp_path, "one.csv")
    with pytest.raises(LakeError, match=rf"^{path}: the day has also arrived as {folder}/CLOSED\. Move away the one") as refused:
        SENT.files(tmp_path, DAY)
    assert refused.value.day == DAY


def test_a_copy_of_the_usual_file_is_still_seen(tmp_path: Path) -> None:
    path = put(CSV, tmp_path, HEADER)
    path.rename(path.with_name(f"Copy of {path.name}"))
    with pytest.raises(LakeError, match="lies in its place"):
        SENT.files(tmp_path, DAY)
