"""What a person changed is told as just that: the code, a setting, a library, a raw file, or batches of another table."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from batch_assets.engine.reading import CLOSED, version_of
from batch_assets.ingest.lakefile import file_version
from batch_assets.settings import settings
from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.causes import Causes, Reason, in_words
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days, write_shelves

SHOP = Graph(PACKAGE)
SHELVES, COUNTS = SHOP.table("shelf_kinds"), SHOP.table("shelf_counts")
DAYS = [day_of(0), day_of(1), day_of(2)]


@pytest.fixture
def made(warehouse: Warehouse) -> Iterator[Warehouse]:
    """A warehouse with three days of the marts; it is kept open, so that its ledger can be changed by hand in either store."""
    write_days(Path(warehouse.lake), 3)
    warehouse.keep_open()
    for table in (SHELVES, COUNTS, SHOP.table("kind_counts")):
        publish(table, warehouse, DAYS, "run")
    yield warehouse
    warehouse.close()


def change_code(patch: pytest.MonkeyPatch, change: Mapping[str, str | None]) -> None:
    """Give all tables another code version, with other parts than those of one of them."""
    parts = {name: value for name, value in {**SHELVES.code_parts, **change}.items() if value is not None}
    patch.setattr(Table, "code", "another")
    patch.setattr(Table, "code_parts", parts)


def why_code(warehouse: Warehouse, version: str) -> str:
    """Return what changed of the code of a table since a version."""
    with warehouse.connect() as con:
        return in_words(Causes(con, Path(warehouse.lake)).of_code(SHELVES, version))


DEFINITION = f"{PACKAGE}.marts.shelf_kinds.shelf_kinds"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({DEFINITION: "new"}, f"code changed ({DEFINITION})"),
        ({DEFINITION: None}, f"code changed ({DEFINITION})"),
        ({"a.txt": "1", "b.txt": "2", "c.txt": "3", "d.txt": "4"}, "code changed (a.txt, b.txt, c.txt and 1 more)"),
        ({"library pandas": "9.9"}, "library pandas changed (was not used, now 9.9)"),
        ({DEFINITION: "new", "setting time_zone": "Europe/Berlin"}, f"code changed ({DEFINITION})"),
    ],
)
def test_what_changed_of_a_version_is_named(made: Warehouse, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, str | None], told: str) -> None:
    before = SHELVES.code
    change_code(monkeypatch, change)
    assert why_code(made, before) == told


def test_a_setting_is_told_from_code_and_from_other_settings(made: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before = SHELVES.code
    with made.connect() as con:
        con.con.execute("delete from quality.code where code = ?", [before])
        parts = json.dumps({"x": "1", "setting time_zone": "Europe/Berlin", "setting holidays": "a" * 50})
        con.con.execute("insert into quality.code values (?, ?)", [before, parts])
    monkeypatch.setattr(Table, "code", "another")
    monkeypatch.setattr(Table, "code_parts", {"x": "1", "setting time_zone": "America/New_York", "setting holidays": "b"})
    assert why_code(made, before) == "setting holidays changed; setting time_zone changed (was Europe/Berlin, now America/New_York)"


def test_a_version_of_which_the_parts_are_not_known_is_told_by_its_name(made: Warehouse) -> None:
    assert why_code(made, "old") == f"its code or settings changed (version old, now {SHELVES.code})"
    assert why_code(made, SHELVES.code) == ""


def test_parts_are_those_of_the_version_and_the_values_of_settings_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SHOP.table("mean_model")
    assert model.code_parts["library pandas"] == model.code_parts["library pandas"].strip() != ""
    assert model.code_parts["setting retrain_weekday"] == settings.retrain_weekday
    without = dataclasses.replace(model, libraries=())
    assert without.code != model.code
    assert {**without.code_parts, "library pandas": model.code_parts["library pandas"]} == {**model.code_parts}


def why(warehouse: Warehouse, table: Table, day: dt.date, inputs: Mapping[str, str], before: Mapping[str, str]) -> str:
    """Return why a batch is made again, of which the ledger has some inputs."""
    with warehouse.connect() as con:
        return in_words(Causes(con, Path(warehouse.lake)).of(table, day, (table.code, before), inputs))


def test_the_file_that_changed_is_named(made: Warehouse) -> None:
    lake, raw = Path(made.lake), {"lake.shelves": "before"}
    assert SHELVES.source
    then = {"lake.shelves": version_of(SHELVES.source, lake, DAYS[1], file_version)}
    write_shelves(lake, DAYS[1], [(1, "coffee")])
    now = {"lake.shelves": version_of(SHELVES.source, lake, DAYS[1], file_version)}
    assert why(made, SHELVES, DAYS[1], now, then) == "file changed (shelves/2017-01-02.parquet)"
    assert why(made, SHELVES, DAYS[1], {"lake.shelves": CLOSED}, raw) == "the day is a closed day now"
    assert why(made, SHELVES, DAYS[1], now, now) == ""
    with made.connect() as con:
        con.con.execute("delete from quality.raw_files")
    assert why(made, SHELVES, DAYS[1], now, {"lake.shelves": CLOSED}) == "file arrived (shelves/2017-01-02.parquet)"
    assert why(made, SHELVES, DAYS[1], now, then) == "file arrived or changed (shelves/2017-01-02.parquet)"


def test_of_several_files_those_that_changed_arrived_or_are_gone_are_named(made: Warehouse) -> None:
    folder = write_counts(Path(made.lake), DAYS[1], {"anna.csv": ["1,99,"], "carl.csv": ["2,1,"]})
    (folder / "ben.csv").unlink()
    told = why(made, COUNTS, DAYS[1], {"lake.counts": "now"}, {"lake.counts": "before"})
    assert told == "file changed (counts/2017-01-02/anna.csv); file arrived (counts/2017-01-02/carl.csv); file gone (counts/2017-01-02/ben.csv)"
    write_counts(Path(made.lake), DAYS[2], {"anna.csv": ["1,99,"]}, closed=False)
    assert why(made, COUNTS, DAYS[2], {"lake.counts": "now"}, {"lake.counts": "before"}) == "file changed (counts/2017-01-03/anna.csv)"


def test_the_days_of_an_upstream_that_changed_are_named(made: Warehouse) -> None:
    by_kind = SHOP.table("kind_counts")
    write_shelves(Path(made.lake), DAYS[0], [(1, "coffee")])
    write_counts(Path(made.lake), DAYS[1], {"anna.csv": ["1,77,"], "ben.csv": ["2,1,"]})
    publish(SHELVES, made, [DAYS[0]], "run")
    publish(COUNTS, made, DAYS, "run")
    now = {"marts.shelf_kinds": "now", "marts.shelf_counts": "now"}
    told = why(made, by_kind, DAYS[2], now, {"marts.shelf_kinds": "before", "marts.shelf_counts": "now"})
    assert told == "marts.shelf_kinds changed (2017-01-01)"
    told = why(made, by_kind, DAYS[1], now, {})
    assert told == "marts.shelf_counts changed (2017-01-02); marts.shelf_kinds changed (2017-01-01)"
    assert why(made, by_kind, DAYS[1], {"marts.shelf_counts": "now"}, now) == "", "what is made again itself is not compared"


def test_causes_of_several_batches_are_told_together() -> None:
    first, second = Reason("file changed", files=("a.csv",)), Reason("file changed", files=("b.csv",))
    assert in_words([first, second, first]) == "file changed (a.csv, b.csv)"
    assert in_words([Reason("x changed", days=(DAYS[0],)), Reason("y"), Reason("x changed", days=(DAYS[1],))]) == "x changed (2017-01-01..2017-01-02); y"
