"""Rows of published predictions go if what they were made from knows their pseudonym no more, and all else stands."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch_assets.engine.staging import stage
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table
from batch_assets.warehouse.batch import Receipt, Target
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.erasure.forget import forget, known
from batch_assets.warehouse.publication import publish_staged

KNOWN, OFFERED = (configured_graph().table(name) for name in ("customer_purchases", "product_recommendations"))
DAYS = [dt.date(2017, 1, 1), dt.date(2017, 1, 2)]
_PLAIN: dict[str, Any] = {"rank": 1, "list": "repeat", "reason_kind": "popular", "reason_count": 1, "product": "MILK", "score": 0.5, "reason": "popular"}


def put(warehouse: Warehouse, table: Table, day: dt.date, *customers: int) -> None:
    """Publish a row of each customer."""
    row = {name: _PLAIN.get(name, 1) for name in table.contract.columns()} | {"batch_date": day, "sold_on": day, "model_version": "v"}
    rows = [{name: value for name, value in row.items() if name in table.contract.columns()} | {"customer_id": each} for each in customers]
    schema = table.contract.arrow_schema()
    with warehouse.connect() as con:
        stage(con, schema, iter([pa.RecordBatch.from_pylist(rows, schema)]), raw_rows=False)
        files = Path(warehouse.published) if table.layer == "predictions" else None
        receipt = Receipt("run", "code", {day: {"marts.made_of": "x"}})
        publish_staged(con, warehouse.store, Target(table.layer, table.name, table.contract, files), [day], receipt)


def offered(warehouse: Warehouse) -> list[Any]:
    """Return day and customer of each offer, and what the ledger says that its batch was made from."""
    with warehouse.connect() as con:
        query = "select batch_date, customer_id, inputs, code from predictions.product_recommendations join quality.batches using (batch_date)"
        return con.con.execute(f"{query} where asset = 'predictions.product_recommendations' order by all").fetchall()


def test_only_who_is_known_no_more_goes(warehouse: Warehouse) -> None:
    for day in DAYS:
        put(warehouse, KNOWN, day, 70, 71)
    put(warehouse, OFFERED, DAYS[0], 70, 71, 99)
    put(warehouse, OFFERED, DAYS[1], 71)
    with warehouse.connect() as con:
        before = known(con, [KNOWN, OFFERED])
    assert before == {"customer_id": [70, 71]}
    put(warehouse, KNOWN, DAYS[0], 71)
    assert list(forget(warehouse, [KNOWN, OFFERED], before, "name")) == []
    put(warehouse, KNOWN, DAYS[1], 71)
    assert list(forget(warehouse, [KNOWN, OFFERED], before, "name")) == [(OFFERED.asset, DAYS[0], 1)]
    redacted, plain = '{"erasure": "name", "marts.made_of": "x"}', '{"marts.made_of": "x"}'
    assert offered(warehouse) == [(DAYS[0], 71, redacted, "code"), (DAYS[0], 99, redacted, "code"), (DAYS[1], 71, plain, "code")]
    file = Path(warehouse.published) / OFFERED.name / f"{DAYS[0]}.parquet"
    assert pq.read_table(file)["customer_id"].to_pylist() == [71, 99]
    assert list(forget(warehouse, [KNOWN, OFFERED], before, "name")) == []
