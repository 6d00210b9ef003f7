"""A raw file is rewritten whole, once, and only if all else in it reads as before."""

import datetime as dt
import gzip
import json
from dataclasses import replace
from pathlib import Path

import ibis
import pytest

from batch_assets.errors import LakeError
from batch_assets.ingest.erasures import FOLDER, RECORD, key_of, secret_mark
from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.events import Events
from batch_assets.ingest.lakefile import Form, LakeFile
from batch_assets.warehouse.erasure.rewrite import rewrite
from batch_assets.warehouse.erasure.unread import unread

DAY = dt.date(2017, 1, 1)
PEOPLE = LakeFile("people", "{day}.csv", {"name": "name", "spent": "dollars"}, Csv(), "People.", private=("name",), identified_by=(("name",),))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with a file in which somebody is erased."""
    (folder := tmp_path / FOLDER / "20170101T000000Z").mkdir(parents=True)
    record = {"secret": secret_mark(), "files": {f"{DAY}.csv": {}}, "keys": [key_of("people", ("name",), ("Zoe",))], "lines": []}
    (folder / RECORD).write_text(json.dumps(record))
    path = PEOPLE.path(tmp_path, DAY)
    path.write_text("name,spent\nZoe,1\nAnn,2\nZOE,3\n")
    path.chmod(0o640)
    return tmp_path


def again(lake: Path) -> bool:
    """Rewrite the file; return whether there was something to do."""
    return rewrite(PEOPLE, lake, f"{DAY}.csv", DAY, lake / FOLDER)


def test_it_is_rewritten_once(lake: Path) -> None:
    path = PEOPLE.path(lake, DAY)
    assert again(lake)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("name,spent\n,1\nAnn,2\n,3\n", 0o640)
    state = path.stat().st_mtime_ns, path.stat().st_ino
    assert not again(lake)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == state


def test_a_day_in_its_other_form_is_rewritten_in_it_and_found_while_nothing_has_read_it(lake: Path) -> None:
    people = replace(PEOPLE, instead=Form("sent/{day}/*.jsonl.gz", Events(), "sent/{day}/CLOSED"))
    (folder := lake / "sent" / str(DAY)).mkdir(parents=True)
    values = [f'{{"name": "{name}", "spent": {spent}}}' for name, spent in (("Zoe", 1), ("Ann", 2))]
    events = [json.dumps({"partition": 0, "offset": n, "appended_at": 5, "key": "k", "value": value}) for n, value in enumerate(values)]
    (folder / "a.jsonl.gz").write_bytes(gzip.compress("".join(f"{event}\n" for event in events).encode()))
    con = ibis.duckdb.connect()
    con.con.execute("create schema quality; create table quality.raw_files (source varchar, file varchar)")
    assert [*unread(con, people, lake)] == [(f"{DAY}.csv", DAY), (f"sent/{DAY}/a.jsonl.gz", DAY)]
    assert rewrite(people, lake, f"sent/{DAY}/a.jsonl.gz", DAY, lake / FOLDER)
    left = [json.loads(line) for line in gzip.decompress((folder / "a.jsonl.gz").read_bytes()).splitlines()]
    assert [(event["offset"], json.loads(event["value"])) for event in left] == [(0, {"name": None, "spent": 1}), (1, {"name": "Ann", "spent": 2})]
    assert not rewrite(people, lake, f"sent/{DAY}/a.jsonl.gz", DAY, lake / FOLDER)


def test_it_stays_if_something_else_would_read_otherwise(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Csv, "emptied", lambda *_: b"name,spent\n,1\nAnn,3\n,3\n")
    before = PEOPLE.path(lake, DAY).read_text()
    with pytest.raises(LakeError, match=r"cannot be rewritten: what is not about the customer would not read as before\. .* in lake/people\.py"):
        again(lake)
    assert PEOPLE.path(lake, DAY).read_text() == before
    assert [path.name for path in (lake / FOLDER).iterdir()] == ["20170101T000000Z"]
