"""A batch is traced to every batch and raw file that it was made from, as they were then; what has changed since is told."""

import datetime as dt
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from batch_assets.errors import MissingBatchError
from batch_assets.partitions import days_between, retrain_day
from batch_assets.table.graph import Graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.ledger import contents, inputs_hash
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.runs import LIBRARIES
from batch_assets.warehouse.trace import Trace, changed, told, trace

from ..conftest import copied, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days
from .things import STORES, by_hand

SHOP = Graph(PACKAGE)
LENGTH = 6
DAYS = days_between(day_of(0), day_of(LENGTH - 1))
LAST = DAYS[-1]


@pytest.fixture(scope="module", params=STORES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Six days of every table, which no test changes."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("template"), name=request.param)
    warehouse.keep_open()
    write_days(Path(warehouse.lake), LENGTH)
    for table in SHOP.in_order():
        publish(table, warehouse, DAYS, "first run")
    warehouse.close()
    return warehouse


WITHOUT_RECEIPTS = pytest.mark.parametrize("template", STORES[:1], indirect=True)
"""Only in a DuckDB file can there be batches from before receipts were kept."""


@pytest.fixture
def shop(template: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    return copied(template, tmp_path)


def restate(warehouse: Warehouse, day: dt.date, *tables: str) -> None:
    """Correct a raw file, and publish tables of its day again."""
    write_counts(Path(warehouse.lake), day, {"anna.csv": ["1,77,", "3,5,"], "ben.csv": ["2,1,"]})
    for name in ("shelf_counts", *tables):
        publish(SHOP.table(name), warehouse, [day], "second run")


def traced(warehouse: Warehouse, asset: str = "predictions.expected_counts", day: dt.date = LAST) -> Trace:
    """Trace a batch."""
    with warehouse.connect() as con:
        return trace(con, asset, day)


def changes(warehouse: Warehouse, found: Trace) -> list[str]:
    """Return what has changed since, without the folders."""
    lines = changed(found, Path(warehouse.lake), Artifacts(Path(warehouse.models)))
    return [line.replace(f"{warehouse.lake}/", "").replace(f"{warehouse.models}/", "") for line in lines]


def test_a_prediction_is_traced_to_its_model_its_features_and_the_raw_files_by_hash(shop: Warehouse) -> None:
    found = traced(shop)
    read = {(link.asset, link.day) for link in found.made_from}
    assert read == {
        ("models.mean_model", LAST),
        *(("features.recent_counts", day) for day in DAYS[-1:]),
        *(("features.next_days", day) for day in DAYS[-1:]),
        *((f"marts.{name}", day) for name in ("kind_counts", "shelf_counts", "shelf_kinds") for day in DAYS),
    }
    assert all(link.now == link.content and link.has_receipt for link in found.made_from)
    lake = Path(shop.lake)
    files = [path for path in lake.rglob("*") if path.is_file() and path.suffix in (".csv", ".parquet")]
    assert {(raw.name, raw.hash) for raw in found.raw} == {(str(path.relative_to(lake)), sha256(path.read_bytes()).hexdigest()[:32]) for path in files}
    (model,) = found.models
    store = Artifacts(Path(shop.models))
    assert (model.model, model.days) == ("models.mean_model", [LAST])
    assert model.files == store.files_hash("mean_model", model.version)
    assert changes(shop, found) == []
    lines = list(told(found))
    assert lines[0].startswith(f"predictions.expected_counts, batch {LAST}: content {found.of.content}, publication {found.of.publication}, code ")
    assert "made from marts.kind_counts: 6 batches (2017-01-01..2017-01-06), code " in "\n".join(lines)
    assert f"model models.mean_model, version {model.version}: in force {LAST}, files {model.files}" in lines
    assert f"raw file {found.raw[0].name}: {found.raw[0].hash}" in lines


def test_every_receipt_says_what_was_hashed(shop: Warehouse) -> None:
    restate(shop, DAYS[2], "kind_counts", "recent_counts")
    with shop.connect() as con:
        for table in SHOP.tables():
            known = contents(con, table.upstreams, DAYS)
            for day in DAYS:
                found = trace(con, table.asset, day)
                now = {link.asset: {other.day: other.content for other in found.made_from if other.asset == link.asset} for link in found.made_from}
                for upstream in table.upstreams:
                    read = {(upstream.asset, at): now[upstream.asset].get(at, "") for at in DAYS}
                    if found.of.inputs[upstream.asset] == inputs_hash(known, upstream, day):
                        assert inputs_hash(read, upstream, day) == found.of.inputs[upstream.asset]


def test_a_receipt_is_of_the_time_when_it_was_written(shop: Warehouse) -> None:
    before = traced(shop)
    restate(shop, DAYS[4], "kind_counts")
    after = traced(shop)
    assert [(link.asset, link.day, link.publication, link.content) for link in after.made_from] == [
        (link.asset, link.day, link.publication, link.content) for link in before.made_from
    ]
    assert changes(shop, after) == [
        "marts.kind_counts: 1 batch was published with other content since (2017-01-05)",
        "marts.shelf_counts: 1 batch was published with other content since (2017-01-05)",
        "counts/2017-01-05/anna.csv: is another file since (its hash was {})".format(next(raw.hash for raw in before.raw if raw.name.endswith("05/anna.csv"))),
        "counts/2017-01-05/ben.csv: is another file since (its hash was {})".format(next(raw.hash for raw in before.raw if raw.name.endswith("05/ben.csv"))),
    ]
    for name in ("recent_counts", "mean_model", "expected_counts"):
        publish(SHOP.table(name), shop, [LAST], "second run")
    found = traced(shop)
    (read,) = [link for link in found.made_from if (link.asset, link.day) == ("marts.kind_counts", DAYS[4])]
    (was,) = [link for link in before.made_from if (link.asset, link.day) == ("marts.kind_counts", DAYS[4])]
    assert read.publication > max(was.publication, before.of.publication)
    assert changes(shop, found) == []


def test_what_is_gone_is_told(shop: Warehouse) -> None:
    found = traced(shop)
    shutil.rmtree(Path(shop.models) / "mean_model")
    (Path(shop.lake) / "shelves" / f"{DAYS[0]}.parquet").unlink()
    by_hand(shop, "drop table features.next_days")
    (batches, model, file) = changes(shop, traced(shop))
    is_file = Path(shop.database).is_file()
    told = "1 batch was no longer there (2017-01-06)" if is_file else "nothing is known of it any more, since its table was removed"
    assert batches == f"features.next_days: {told}"
    assert model.startswith(f"the files of mean_model's version {found.models[0].version} are not in ")
    assert file == f"shelves/{DAYS[0]}.parquet: is gone"


def test_the_query_of_the_guides_finds_the_same_raw_files(shop: Warehouse) -> None:
    page = (Path(__file__).parents[2] / "docs" / "guides.md").read_text(encoding="utf-8")
    (query,) = [block.partition("```")[0] for block in page.split("```sql\n")[1:] if "recursive chain" in block]
    asked = query.replace("predictions.demand_forecast", "predictions.expected_counts").replace("2017-12-20", str(LAST))
    with shop.connect() as con:
        assert con.con.execute(asked).fetchall() == [(raw.name, raw.hash) for raw in traced(shop).raw]


@WITHOUT_RECEIPTS
def test_a_batch_without_a_receipt_is_told(shop: Warehouse) -> None:
    with shop.connect() as con:
        con.con.execute("delete from quality.receipts where asset = 'marts.kind_counts'")
    assert changes(shop, traced(shop, "features.recent_counts")) == [
        "marts.kind_counts: 4 batches were published without a receipt, by an older version of this package (2017-01-03..2017-01-06)"
    ]


def test_a_batch_that_is_not_there_cannot_be_traced(shop: Warehouse) -> None:
    with pytest.raises(MissingBatchError, match=r"marts\.kind_counts, batch 2017-02-01: is not published"):
        traced(shop, "marts.kind_counts", day_of(31))


def test_a_run_is_recorded_once_with_what_it_ran_with(shop: Warehouse) -> None:
    restate(shop, DAYS[1])
    with shop.connect() as con:
        rows = con.con.execute("select run_id, python, libraries, settings from quality.runs order by published_at").fetchall()
    assert [row[0] for row in rows] == ["first run", "second run"]
    assert set(json.loads(rows[0][2])) == set(LIBRARIES)
    told_settings = json.loads(rows[0][3])
    assert told_settings["retrain_weekday"] == "Monday"
    assert not {"warehouse", "lake", "lock_timeout"} & told_settings.keys()
    assert retrain_day(LAST) == DAYS[1]
