"""The catalogue: what is listed when, and every dirty line where the manifest says it is."""

import datetime as dt
import json
from collections import Counter
from typing import Any

from batch_assets.demo.catalogue import RATES

from .conftest import FIRST, Lake

FIELDS = ["product_id", "manufacturer_id", "department", "brand", "category", "type", "package_size"]


def _read(lake: Lake, day: dt.date) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """Return a day's good rows, and the kind of dirt of the other lines by number."""
    rows: list[dict[str, Any]] = []
    dirt: dict[int, str] = {}
    for number, line in enumerate(lake.catalogue_lines(day), 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            dirt[number] = "broken_json"
            continue
        if "product_id" not in row:
            dirt[number] = "no_product_id"
        elif row in rows[-1:]:
            dirt[number] = "repeated"
        else:
            assert list(row) == FIELDS
            rows.append(row)
    return rows, dirt


def test_each_line_is_what_the_manifest_says(lake: Lake) -> None:
    """Dirt stands at the manifest's line numbers, in every file, and every kind occurs."""
    total: Counter[str] = Counter()
    for day, entries in lake.days().items():
        told, (rows, dirt) = entries["catalogue"], _read(lake, day)
        assert dirt == {i["line"]: kind for kind, found in told["dirt"].items() for i in found}, day
        assert (len(rows) + len(dirt), len(rows)) == (told["lines"], told["clean"]), day
        total.update(dirt.values())
    assert total.keys() == RATES.keys()


def test_later_files_hold_additions_and_changes_only(lake: Lake) -> None:
    """After the full first file a product comes again only where the manifest has a change, and then it differs."""
    known = {row["product_id"]: row for row in _read(lake, FIRST)[0]}
    for day, entries in list(lake.days().items())[1:]:
        changed = {change["product_id"]: change for change in entries["catalogue"]["changed"]}
        for row in _read(lake, day)[0]:
            if (before := known.get(row["product_id"])) is not None:
                change = changed[row["product_id"]]
                assert row[change["field"]] == change["value"] != before[change["field"]]
            known[row["product_id"]] = row


def test_only_forgotten_products_are_sold_before_they_are_listed(whole_lake: Lake) -> None:
    """Who is in the catalogue only after the first sale is named in the manifest."""
    sold: set[int] = set()
    assert any(entries["catalogue"]["listed_after_sale"] for entries in whole_lake.days().values())
    for day, entries in whole_lake.days().items():
        forgotten = set(entries["catalogue"]["listed_after_sale"])
        changed = {change["product_id"] for change in entries["catalogue"]["changed"]}
        if day != FIRST:
            added = {row["product_id"] for row in _read(whole_lake, day)[0]} - changed
            assert sold & added <= forgotten, day
        sold |= {
            int(line.split(b",")[-6])
            for number, line in enumerate(whole_lake.till_lines(day)[1:], 2)
            if number not in {i["line"] for found in entries["sales"]["dirt"].values() for i in found}
        }
