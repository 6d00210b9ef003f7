"""A past batch is made again bit for bit while what it was made from is unchanged, and refused with the reason when it is not."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_assets.errors import ReplayError, UntrainedError
from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.replay import replay
from batch_assets.warehouse.trace import trace

from ..conftest import copied, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days
from .things import STORES, by_hand

SHOP = Graph(PACKAGE)
DAYS = days_between(day_of(0), day_of(9))
PAST = DAYS[5]


@pytest.fixture(scope="module", params=STORES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Ten days of every table, of which the last four were not there yet when the others were published, which no test changes."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("template"), name=request.param)
    warehouse.keep_open()
    write_days(Path(warehouse.lake), len(DAYS))
    for days in (DAYS[:6], DAYS[6:]):
        for table in SHOP.in_order():
            publish(table, warehouse, days, "run")
    warehouse.close()
    return warehouse


@pytest.fixture
def shop(template: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    return copied(template, tmp_path)


def replayed(warehouse: Warehouse, name: str, day: dt.date = PAST) -> bool:
    """Make a batch again; return whether it came out as it was."""
    table = SHOP.table(name)
    with warehouse.connect() as con:
        batch = trace(con, table.asset, day).of
        return replay(con, table, batch, Path(warehouse.lake), Artifacts(Path(warehouse.models))) == batch.content


@pytest.mark.parametrize("name", [table.name for table in SHOP.tables()])
def test_a_past_batch_of_every_table_is_made_again_bit_for_bit(shop: Warehouse, name: str) -> None:
    with shop.connect() as con:
        before = con.con.execute("from quality.ledger order by all").fetchall()
    assert replayed(shop, name)
    with shop.connect() as con:
        assert con.con.execute("from quality.ledger order by all").fetchall() == before, "nothing is published"


def test_a_model_is_trained_again_though_its_files_are_gone(shop: Warehouse) -> None:
    shutil.rmtree(Path(shop.models))
    assert replayed(shop, "mean_model")
    assert not Path(shop.models).exists()
    with pytest.raises(UntrainedError, match="the files of mean_model"):
        replayed(shop, "expected_counts")


def test_rows_that_come_out_otherwise_are_seen(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand(shop, "update features.recent_counts set pieces = pieces + 1")
    assert not replayed(shop, "expected_counts")


def correct(shop: Warehouse) -> None:
    """Correct a raw file."""
    write_counts(Path(shop.lake), PAST, {"anna.csv": ["1,77,"], "ben.csv": ["2,1,"]})


def restate(shop: Warehouse) -> None:
    """Publish what a corrected file makes."""
    correct(shop)
    for name in ("shelf_counts", "kind_counts", "recent_counts"):
        publish(SHOP.table(name), shop, [PAST], "run")


def archive(shop: Warehouse) -> None:
    """Remove a raw file."""
    shutil.rmtree(Path(shop.lake) / "counts" / str(PAST))


def lose(shop: Warehouse) -> None:
    """Remove one of a day's files."""
    (Path(shop.lake) / "counts" / str(PAST) / "ben.csv").unlink()


@pytest.mark.parametrize(
    ("change", "name", "told"),
    [
        (correct, "shelf_counts", f"raw files of lake.counts are others since; file changed: counts/{PAST}/anna.csv, counts/{PAST}/ben.csv"),
        (archive, "shelf_counts", f"raw files of lake.counts are others since; file gone: counts/{PAST}/anna.csv, counts/{PAST}/ben.csv"),
        (
            lose,
            "shelf_counts",
            f"raw files of lake.counts are others since: LAKE/counts/{PAST}/MANIFEST: names counts/{PAST}/ben.csv, which is not there. Ask for them again",
        ),
        (restate, "mean_model", "marts.kind_counts was published with other content since"),
        (restate, "expected_counts", "features.recent_counts was published with other content since"),
    ],
)
def test_a_receipt_that_no_longer_holds_is_told_as_such(shop: Warehouse, change: Callable[[Warehouse], None], name: str, told: str) -> None:
    change(shop)
    with pytest.raises(ReplayError) as refused:
        replayed(shop, name)
    assert str(refused.value).replace(shop.lake, "LAKE") == f"{SHOP.table(name).asset}, batch {PAST}: cannot be made again as it was: {told}."
    assert replayed(shop, name, DAYS[3]), "an earlier batch has read nothing of it"


def test_other_code_is_no_replay(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "code", property(lambda table: "other"))
    with pytest.raises(ReplayError, match=r"its code or settings changed \(version .*, now other\)"):
        replayed(shop, "kind_counts")
