"""Contacts are the households of the campaigns, known before they are sent anything; every piece of dirt is where the manifest says."""

import json
from typing import Any

import pytest

from batch_assets.demo.departments import PATTERNS
from batch_assets.demo.marketing import contacts, sends

from ..conftest import Lake


def texts(lake: Lake, name: str, entry: dict[str, Any]) -> list[str]:
    """Return the records of a file, as text."""
    lines = (lake.path / entry["file"]).read_text(encoding="utf-8").splitlines()
    return lines if name == "sends" else [line.strip().removesuffix(",") for line in lines[1:-1]]


@pytest.mark.parametrize(("name", "rates"), [("contacts", contacts.RATES), ("sends", sends.RATES)])
def test_every_piece_of_dirt_is_where_the_manifest_says(lake: Lake, name: str, rates: dict[str, float]) -> None:
    for day, entries in lake.days().items():
        entry = entries[name]
        assert entry["file"] == PATTERNS[name].format(day=day)
        assert entry["dirt"].keys() == rates.keys()
        records = texts(lake, name, entry)
        assert len(records) == entry["lines"]
        broken = {instance["line"] for instance in entry["dirt"]["broken_json"]}
        for number, text in enumerate(records, 1):
            try:
                json.loads(text)
            except json.JSONDecodeError:
                assert number in broken
            else:
                assert number not in broken
        assert all(records[instance["line"] - 1] == records[instance["line"] - 2] for instance in entry["dirt"]["repeated"])


def test_nothing_is_sent_to_somebody_unknown(lake: Lake) -> None:
    known: set[str] = set()
    sent = 0
    for _, entries in sorted(lake.days().items()):
        known |= {text.split('"')[3] for text in texts(lake, "contacts", entries["contacts"])}
        broken = {instance["line"] for kind in ("broken_json", "no_contact") for instance in entries["sends"]["dirt"][kind]}
        to = [json.loads(text)["contact_id"] for number, text in enumerate(texts(lake, "sends", entries["sends"]), 1) if number not in broken]
        assert set(to) <= known
        sent += len(to)
    assert known
    assert sent
