"""Backfill: a range is cut into publications by its bytes, each whole, and a day that cannot be made is named while the others are published."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from batch_assets.errors import BreachError, EngineError, LakeError, MissingBatchError, StorageError, WarehouseError
from batch_assets.settings import settings
from batch_assets.table.contract import Field
from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.backfill import backfill
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.plan import Refusal
from batch_assets.warehouse.publication import publish

from ..shop import PACKAGE
from ..shop.features.recent_counts import recent_counts
from ..shop.lake.counts import counts
from ..shop.marts.kind_counts import kind_counts
from ..shop.marts.shelf_counts import shelf_counts
from ..shop.marts.shelf_kinds import shelf_kinds
from ..shop.predictions.expected_counts import expected_counts
from ..shop_lake import HEADER, day_of, write_counts, write_days
from .things import A_FILE

DAYS = [day_of(n) for n in range(7)]
BAD = DAYS[3]


def published(warehouse: Warehouse, table: Table) -> dict[int, list[dt.date]]:
    """Return the days of each publication of a table, by its number, as the ledger says."""
    with warehouse.connect() as con:
        rows = con.con.execute("select publication, batch_date from quality.ledger where asset = ? order by all", [table.asset]).fetchall()
        kept = dict(con.con.execute(f"select batch_date, count(*) from {table.asset} group by 1").fetchall())
        told = dict(con.con.execute("select batch_date, rows_kept from quality.batches where asset = ? and rows_kept > 0", [table.asset]).fetchall())
    assert kept == told, "what is published is whole"
    return {number: [day for found, day in rows if found == number] for number, _ in rows}


def run(table: Table, warehouse: Warehouse, days: Sequence[dt.date] = DAYS) -> list[Refusal]:
    """Publish a range; return what was refused."""
    return [outcome for outcome in backfill(table, warehouse, days, "run") if isinstance(outcome, Refusal)]


def spoilt(on: dt.date, spoil: Callable[[ir.Column], ir.Value]) -> Table:
    """Return a table of counts whose pieces are spoilt on a day."""

    def function(counts: ir.Table) -> ir.Table:
        rows = shelf_counts.function(counts=counts)
        assert isinstance(rows, ir.Table)
        return rows.mutate(pieces=ibis.ifelse(rows.batch_date == on, spoil(rows.pieces), rows.pieces))

    return dataclasses.replace(shelf_counts, function=functools.wraps(shelf_counts.function)(function))


def bytes_of(warehouse: Warehouse, day: dt.date) -> int:
    """Return how many bytes the counts of a day have."""
    return sum(path.stat().st_size for path in counts.files(Path(warehouse.lake), day))


def test_a_range_is_published_in_pieces_of_bounded_bytes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(warehouse.lake), 7)
    write_counts(Path(warehouse.lake), BAD, {"anna.csv": [f"{n},1,some words" for n in range(1, 30)], "ben.csv": []})
    most = 3 * bytes_of(warehouse, DAYS[0])
    monkeypatch.setattr(settings, "publication_bytes", most)
    assert run(shelf_counts, warehouse) == []
    pieces = list(published(warehouse, shelf_counts).values())
    assert [day for piece in pieces for day in piece] == DAYS
    assert [BAD] in pieces
    sizes = [sum(bytes_of(warehouse, day) for day in piece) for piece in pieces]
    assert all(size <= most for piece, size in zip(pieces, sizes, strict=True) if len(piece) > 1)
    assert all(size + bytes_of(warehouse, after[0]) > most for size, after in zip(sizes, pieces[1:], strict=False))
    assert len(pieces) < len(DAYS)


def test_a_range_that_is_small_is_one_publication(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    assert run(shelf_counts, warehouse) == []
    assert list(published(warehouse, shelf_counts).values()) == [DAYS]


def test_a_look_back_is_counted_for_each_day_that_reads_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(warehouse.lake), 7)
    for table in (shelf_counts, shelf_kinds, kind_counts):
        publish(table, warehouse, DAYS, "run")
    rows_of_four_days = 4 * 3
    values = rows_of_four_days * len(kind_counts.contract.columns())
    monkeypatch.setattr(settings, "publication_bytes", 2 * 8 * values)
    assert run(recent_counts, warehouse, DAYS[3:]) == []
    assert [len(piece) for piece in published(warehouse, recent_counts).values()] == [2, 2]
    assert run(dataclasses.replace(recent_counts, searches=("kind_counts",)), warehouse, DAYS[3:]) == []
    assert [len(piece) for piece in published(warehouse, recent_counts).values()] == [2, 2, 4], "it searches its look-back, so only the days themselves count"


def test_each_publication_is_told_as_soon_as_it_is_committed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(warehouse.lake), 7)
    monkeypatch.setattr(settings, "publication_bytes", 1)
    outcomes = backfill(shelf_counts, warehouse, DAYS, "run")
    for number, day in enumerate(DAYS, 1):
        outcome = next(outcomes)
        assert not isinstance(outcome, Refusal)
        assert [batch.day for batch in outcome.batches] == [day]
        assert len(published(warehouse, shelf_counts)) == number


def without_manifest(lake: Path) -> None:
    (lake / "counts" / f"{BAD}" / "MANIFEST").unlink()


def without_a_file(lake: Path) -> None:
    (lake / "counts" / f"{BAD}" / "ben.csv").unlink()


def with_another_header(lake: Path) -> None:
    write_counts(lake, BAD, {"anna.csv": ["1,1,"], "ben.csv": []}, HEADER.replace("pieces", "amount"))


def with_no_good_row(lake: Path) -> None:
    write_counts(lake, BAD, {"anna.csv": ["x,1,"], "ben.csv": ["1"]})


@pytest.mark.parametrize(
    ("damage", "error", "told"),
    [
        (without_manifest, LakeError, r"lake\.counts: there is no file for 2017-01-04; expected .*counts/2017-01-04/MANIFEST"),
        (without_a_file, LakeError, r"MANIFEST: names counts/2017-01-04/ben\.csv, which is not there\. Ask for them again"),
        (with_another_header, LakeError, r"anna\.csv: line 1: the header changed: missing pieces; unexpected amount"),
        (with_no_good_row, BreachError, r"batch 2017-01-04: none of the 2 rows was accepted"),
    ],
)
def test_a_bad_day_of_the_lake_is_named_and_the_others_are_published(
    warehouse: Warehouse, damage: Callable[[Path], None], error: type[Exception], told: str
) -> None:
    write_days(Path(warehouse.lake), 7)
    damage(Path(warehouse.lake))
    (refusal,) = run(shelf_counts, warehouse)
    assert (refusal.day, type(refusal.error)) == (BAD, error)
    with pytest.raises(error, match=told):
        raise refusal.error
    assert [day for days in published(warehouse, shelf_counts).values() for day in days] == [day for day in DAYS if day != BAD]


def test_a_day_that_breaks_the_contract_is_named_and_the_others_are_published_around_it(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    (refusal,) = run(spoilt(BAD, lambda pieces: -pieces), warehouse)
    assert (refusal.day, type(refusal.error)) == (BAD, BreachError)
    assert "batch 2017-01-04 breaks the contract: pieces" in str(refusal.error)
    assert list(published(warehouse, shelf_counts).values()) == [DAYS[:3], DAYS[4:]]


def test_a_day_whose_query_fails_is_found_by_making_each_day_alone(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    (refusal,) = run(spoilt(BAD, lambda pieces: pieces * 2**62), warehouse)
    assert (refusal.day, type(refusal.error)) == (BAD, EngineError)
    assert "Overflow" in str(refusal.error)
    assert list(published(warehouse, shelf_counts).values()) == [[day] for day in DAYS if day != BAD]


@A_FILE  # How a range is cut does not depend on the store; the tests around this one are of both.
@pytest.mark.parametrize("length", [1, 7])
def test_every_day_may_be_bad(warehouse: Warehouse, length: int) -> None:
    write_days(Path(warehouse.lake), 7)
    refused = run(dataclasses.replace(shelf_counts, contract=only_much()), warehouse, DAYS[:length])
    assert [refusal.day for refusal in refused] == DAYS[:length]
    with warehouse.connect() as con:
        assert con.con.execute("from quality.ledger").fetchall() == []


def only_much() -> type:
    """Return a contract that no day keeps."""

    class Much(shelf_counts.contract):  # type: ignore[name-defined]
        """Many pieces."""

        pieces: ibis.expr.datatypes.Int64 = Field(ge=1000, description="pieces")

    return Much


def test_a_day_that_lacks_what_it_reads_is_named_and_the_others_are_published(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    publish(shelf_kinds, warehouse, DAYS, "run")
    publish(shelf_counts, warehouse, [day for day in DAYS if day != BAD], "run")
    (refusal,) = run(kind_counts, warehouse)
    assert (refusal.day, type(refusal.error)) == (BAD, MissingBatchError)
    assert list(published(warehouse, kind_counts).values()) == [[day for day in DAYS if day != BAD]]


@pytest.mark.parametrize("error", [StorageError("No space left on device"), WarehouseError("still held")])
def test_a_fault_of_the_disk_or_a_held_warehouse_ends_it_and_what_was_told_stays(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def publish_until(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> object:
        if BAD in days:
            raise error
        return publish(table, warehouse, days, run_id)

    write_days(Path(warehouse.lake), 7)
    monkeypatch.setattr(settings, "publication_bytes", 1)
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", publish_until)
    with pytest.raises(type(error), match=str(error)):
        run(shelf_counts, warehouse)
    assert list(published(warehouse, shelf_counts).values()) == [[day] for day in DAYS[:3]]


def test_a_map_is_published_around_a_day_too(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    for table in Graph(PACKAGE).in_order()[:-1]:
        publish(table, warehouse, DAYS, "run")
    (refusal,) = run(dataclasses.replace(expected_counts, function=functools.wraps(expected_counts.function)(negative_on_bad)), warehouse)
    assert (refusal.day, type(refusal.error)) == (BAD, BreachError)
    assert list(published(warehouse, expected_counts).values()) == [DAYS[:3], DAYS[4:]]


def negative_on_bad(rows: object, mean_model: object) -> object:
    """Expect less than nothing on a day."""
    made = expected_counts.function(rows=rows, mean_model=mean_model)
    assert isinstance(made, pa.RecordBatch)
    rows_made = [{**row, "pieces": -1.0 if row["batch_date"] == BAD else row["pieces"]} for row in made.to_pylist()]
    return pa.RecordBatch.from_pylist(rows_made, schema=made.schema)
