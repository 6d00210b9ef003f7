"""Whoever an erasure is about is read without what is private, in whatever form it is written; everybody else is read as ever."""

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest

from batch_assets.engine.reading import version_of
from batch_assets.errors import DefinitionError, LakeError
from batch_assets.ingest.erasures import FOLDER, REASON, RECORD, Emptied, key_of, line_key, naming, normal, secret_mark
from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.format import Refused
from batch_assets.ingest.lakefile import LakeFile, redacted_by
from batch_assets.settings import settings

DAY = dt.date(2017, 1, 1)
PEOPLE = LakeFile(
    "people",
    "{day}.csv",
    {"name": "name", "postcode": "postcode", "spent": "dollars"},
    Csv(),
    "People.",
    private=("name", "postcode"),
    identified_by=(("name", "postcode"),),
)


def erase(
    lake: Path, name: str = "20170101T000000Z", files: tuple[str, ...] = (), people: tuple[tuple[str, str], ...] = (), lines: tuple[str, ...] = ()
) -> None:
    """Write the record of an erasure."""
    (folder := lake / FOLDER / name).mkdir(parents=True)
    keys = [key_of("people", ("name", "postcode"), person) for person in people]
    record = {"secret": secret_mark(), "files": dict.fromkeys(files), "keys": keys, "lines": [line_key("people", line) for line in lines]}
    (folder / RECORD).write_text(json.dumps(record))


def read(lake: Path, text: str) -> tuple[list[list[str | None]], list[tuple[str, str]]]:
    """Return the fields of the rows of a file, and reason and text of what is no row."""
    path, refused = PEOPLE.path(lake, DAY), list[Refused]()
    path.write_text(f"name,postcode,spent\n{text}")
    rows = [[row[name] for name in PEOPLE.columns] for batch in PEOPLE.read(lake, path, DAY, refused.append) for row in batch.to_pylist()]
    return rows, [(line.reason, line.raw) for line in refused]


def test_only_who_is_erased_is_read_without_what_is_private(tmp_path: Path) -> None:
    erase(tmp_path, people=(("Ren\u00e9e Roy", "08772"),))
    others = ["Ann Roy,08772,2", "Ren\u00e9e Roy,08773,3", "Ren\u00e9e Roy,,4", ",08772,5"]
    rows, refused = read(tmp_path, "".join(f"{line}\n" for line in ["Ren\u00e9e Roy,08772,1", *others]))
    assert rows == [["", "", "1"], *(line.split(",") for line in others)]
    assert refused == []


@pytest.mark.parametrize("name", ["RENEE ROY", '"Roy, Ren\u00e9e"', " ren\u00e9e  roy.", "Rene\u0301e Roy"])
def test_a_name_is_recognized_as_people_write_it(name: str, tmp_path: Path) -> None:
    erase(tmp_path, people=(("Ren\u00e9e Roy", "08772"),))
    assert read(tmp_path, f"{name},08772,1\n") == ([["", "", "1"]], [])


def test_a_person_of_whom_half_is_known_is_not_identified() -> None:
    assert key_of("people", ("name", "postcode"), ("Ann Roy", "")) is None
    assert key_of("people", ("name", "postcode"), ("Ann Roy", " - ")) is None
    assert key_of("people", ("name", "postcode"), (None, "08772")) is None
    assert key_of("people", ("name", "postcode"), ("Ann Roy", "0")) is not None


def test_digits_are_one_number_however_they_are_grouped() -> None:
    assert normal("(654) 555-0179") == normal("6545550179") == normal("654.555.0179") == "6545550179"
    assert normal("C104262") != normal("C102462")


def test_a_line_that_is_no_row_loses_its_text(tmp_path: Path) -> None:
    erase(tmp_path, lines=("Ren\u00e9e Roy",))
    rows, refused = read(tmp_path, "Ren\u00e9e Roy\nAnn Roy\nerased on request\nA,1,2\nB,1,2\nC,1,2\n")
    assert len(rows) == 3
    assert refused == [(REASON, ""), ("1 fields instead of 3", "Ann Roy"), (REASON, "")]


def test_what_is_not_there_stays_so(tmp_path: Path) -> None:
    erase(tmp_path, people=(("A", "1"),))
    rows = pa.RecordBatch.from_pydict({"name": ["A", "B"], "postcode": ["1", "1"], "phone": [None, "7"], "email": ["e", None]})
    emptied = Emptied(tmp_path, "people", PEOPLE.identified_by, ("name", "phone", "email"), "-", "gone").rows(rows)
    assert emptied.to_pydict() == {"name": ["-", "B"], "postcode": ["1", "1"], "phone": [None, "7"], "email": ["-", None]}


def test_without_erasures_a_line_is_kept_whatever_it_says(tmp_path: Path) -> None:
    assert read(tmp_path, "erased on request\n")[1] == [("1 fields instead of 3", "erased on request")]


def test_the_version_of_a_day_says_by_which_erasure_it_was_redacted_last(tmp_path: Path) -> None:
    read(tmp_path, "A,1,2\n")
    before = version_of(PEOPLE, tmp_path, DAY)
    erase(tmp_path, "20170102T000000Z", files=("another.csv",))
    assert (version_of(PEOPLE, tmp_path, DAY), redacted_by(before)) == (before, None)
    versions = set()
    for name in ("20170103T000000Z", "20170104T000000Z"):
        erase(tmp_path, name, files=(f"{DAY}.csv",))
        versions.add(after := version_of(PEOPLE, tmp_path, DAY))
        assert redacted_by(after) == name
    assert len({version.partition(".")[0] for version in versions} | {before}) == 3
    assert naming(tmp_path, [f"{DAY}.csv"]) == ["20170103T000000Z", "20170104T000000Z"]


def test_a_record_that_is_not_complete_is_none_yet(tmp_path: Path) -> None:
    erase(tmp_path, ".20170101T000000Z.unfinished", people=(("A", "1"),))
    assert read(tmp_path, "A,1,2\n")[0] == [["A", "1", "2"]]


def test_with_another_secret_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    erase(tmp_path, people=(("A", "1"),))
    assert read(tmp_path, "A,1,2\n")[0] == [["", "", "2"]]
    monkeypatch.setattr(settings, "pseudonym_salt", "another")
    with pytest.raises(LakeError, match=r"record\.json: was written with another setting pseudonym_salt, .*Set it to what it was"):
        read(tmp_path, "A,1,2\n")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"secret": 1, "files": 1}', "\xff"])
def test_a_damaged_record_is_told_in_one_line(content: str, tmp_path: Path) -> None:
    erase(tmp_path, people=(("A", "1"),))
    (path := tmp_path / FOLDER / "20170101T000000Z" / RECORD).write_text(content, encoding="latin-1")
    with pytest.raises(LakeError, match=r"^[^\n]*record\.json: is damaged \(\w+\)\. Bring it back from a backup") as told:
        read(tmp_path, "A,1,2\n")
    assert str(path) in str(told.value)


def test_a_field_that_identifies_and_is_not_there_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"lake\.people: surname identifies somebody, and is no field of it"):
        LakeFile("people", "{day}.csv", {"name": "name"}, Csv(), "People.", identified_by=(("surname",),))
