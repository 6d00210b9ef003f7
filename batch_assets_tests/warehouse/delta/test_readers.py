"""What the guide shows reads a Delta table while a writer writes: first the previous batches, then the new. The ledger answers alike in both stores."""

import datetime as dt
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from batch_assets.errors import StorageError
from batch_assets.table.graph import Graph
from batch_assets.warehouse.delta.tables import DeltaTables
from batch_assets.warehouse.publication import publish

from ...conftest import DELTA_TABLES, DUCKDB_FILE, warehouse_in
from ...shop import PACKAGE
from ...shop_lake import write_days
from ..things import DAY, NEXT, put

Rows = list[tuple[dt.date, int]]

GUIDE = Path(__file__).parents[3] / "docs" / "guides.md"
SHOWN = "data/warehouse/predictions/demand_forecast"


def shown(reader: str) -> str:
    """Return what the guide shows of a reader: an expression."""
    (line,) = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if SHOWN in line and line.partition("#")[2].startswith(f" {reader}")]
    return line.partition("  #")[0]


def with_pandas() -> dict[str, Any]:
    import deltalake

    return {"deltalake": deltalake}


def with_duckdb() -> dict[str, Any]:
    found = find_spec("duckdb_extension_delta")
    if found is None or found.origin is None:
        pytest.skip("DuckDB's extension delta is not installed, so that it reads Delta tables was not tested; pip install duckdb-extension-delta")
    (extension,) = Path(found.origin).parent.rglob("delta.duckdb_extension")
    duckdb.load_extension(str(extension))
    return {"duckdb": duckdb}


def with_polars() -> dict[str, Any]:
    return {"polars": pytest.importorskip("polars", reason="Polars is not installed, so that it reads Delta tables was not tested; pip install polars")}


def with_spark() -> dict[str, Any]:
    from batch_assets.engine.spark.session import session

    return {"spark": session()}


READERS: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[Any], list[dict[str, Any]]]]] = {
    "pandas": (with_pandas, lambda frame: frame.to_dict("records")),
    "DuckDB": (with_duckdb, lambda relation: relation.to_arrow_table().to_pylist()),
    "Polars": (with_polars, lambda frame: frame.to_dicts()),
    "Spark": (with_spark, lambda frame: [row.asDict() for row in frame.collect()]),
}
"""By name: what there must be for the expression, and how its rows are taken."""


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_sees_whole_batches_while_a_writer_writes(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse, (needs, rows_of) = warehouse_in(tmp_path, name=DELTA_TABLES), READERS[reader]
    expression, needed, read = shown(reader).replace(SHOWN, f"{warehouse.database}/predictions/things"), needs(), list[Rows]()

    def rows() -> Rows:
        return sorted((row["batch_date"], row["thing"]) for row in rows_of(eval(expression, needed)))

    put(warehouse, 1, 2, days=(DAY, NEXT))
    before, after = [(day, thing) for day in (DAY, NEXT) for thing in (1, 2)], [(DAY, 3), (NEXT, 3)]
    committed = DeltaTables._committed

    def read_before_and_after(*given: Any) -> bool:
        read.append(rows())
        done = committed(*given)
        read.append(rows())
        return done

    monkeypatch.setattr(DeltaTables, "_committed", read_before_and_after)
    put(warehouse, 3, 13, days=(DAY, NEXT))
    assert read == [before, after]
    monkeypatch.setattr(DeltaTables, "_committed", failing)
    with pytest.raises(StorageError):
        put(warehouse, 4, days=(DAY, NEXT))
    assert rows() == after


def failing(*_: Any) -> bool:
    raise StorageError("No space left on device")


_OF_THE_TIME = ("publication", "upstream_publication", "published_at", "seconds")


def test_what_the_ledger_is_asked_has_the_same_answer_in_both_stores(tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []
    for store in (DUCKDB_FILE, DELTA_TABLES):
        warehouse = warehouse_in(tmp_path / store, name=store)
        days = write_days(Path(warehouse.lake), 2)
        for name in ("shelf_counts", "shelf_kinds", "kind_counts"):
            publish(Graph(PACKAGE).table(name), warehouse, days, "run")
        with warehouse.read_only() as con:
            answers.append({name: asked(con.con, name) for name in ("ledger", "batches", "receipts", "inputs", "raw_files", "runs", "quarantine", "erasures")})
    of_file, of_tables = answers
    assert of_file == of_tables
    assert all(rows for _, rows in (of_file[name] for name in ("ledger", "batches", "receipts", "inputs", "raw_files", "runs")))


def asked(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Return the columns of one of the warehouse's own tables, with their types, and its rows, but for what is of the time at which it was published."""
    columns = [(column, kind) for column, kind, *_ in connection.execute(f"describe quality.{name}").fetchall()]
    told = ", ".join(f'"{column}"' for column, _ in columns if column not in _OF_THE_TIME)
    return columns, connection.execute(f"select {told} from quality.{name} order by all").fetchall()
