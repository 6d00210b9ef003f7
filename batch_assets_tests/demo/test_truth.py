"""The truth names the household of every record of every department, and nothing else has it."""

import gzip
import re
from pathlib import Path

import pyarrow.parquet as pq

from batch_assets.demo.damage import BROKEN_DAYS
from batch_assets.demo.details import contact_id
from batch_assets.demo.truth import truth_beside

from .conftest import HOUSEHOLDS, Lake

_KEYS = {
    "contacts": re.compile(rb'"contact_id": "(C\d+)"'),
    "redemptions": re.compile(rb"^(\d+);", re.MULTILINE),
    "deliveries": re.compile(rb'<Delivery number="(\d+)"'),
    "sales": re.compile(rb"^(\d+),", re.MULTILINE),
    "reviews": re.compile(rb"^\{\"review_id\": (\d+)", re.MULTILINE),
}


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_every_record_has_its_household(whole_lake: Lake) -> None:
    known: dict[tuple[str, str], set[str]] = {}
    rows = pq.read_table(truth_beside(whole_lake.manifest)).to_pylist()
    for row in rows:
        known.setdefault((row["department"], str(row["day"])), set()).add(row["key"])
        assert 1 <= row["household_id"] <= HOUSEHOLDS
        assert row["department"] != "contacts" or row["key"] == contact_id(row["household_id"])
    for day, entries in whole_lake.days().items():
        for name, keys in _KEYS.items():
            there = {key.decode() for key in keys.findall(_content(whole_lake.path / entries[name]["file"]))}
            late = {str(line["receipt_id"]) for line in entries["sales"]["dirt"]["late"]} if name == "sales" else set()
            assert there - late <= known.get((name, str(day)), set()), (name, day)
    assert {row["department"] for row in rows} == _KEYS.keys()


def test_the_truth_is_the_same_however_the_lake_came_about(lake: Lake, tmp_path: Path) -> None:
    mine = lake.copy_to(tmp_path)
    truth = truth_beside(mine.manifest)
    expected = truth.read_bytes()
    truth.unlink()
    (mine.path / "marketing" / "contacts" / f"{next(iter(BROKEN_DAYS))}.json").unlink()
    mine.build()
    assert truth.read_bytes() == expected
    assert mine.files() == lake.files()
