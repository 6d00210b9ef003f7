"""Whatever can be traced, planned or made again before the ledger is pruned can be afterwards; and what nothing needs goes, whole."""

import datetime as dt
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from batch_assets.errors import BatchError
from batch_assets.partitions import days_between
from batch_assets.settings import Closing, settings
from batch_assets.table.graph import Graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.plan_lines import told
from batch_assets.warehouse.planned import planned
from batch_assets.warehouse.prune import prune, unneeded
from batch_assets.warehouse.prune_ledger import forget, replaced
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.replay import replay
from batch_assets.warehouse.trace import changed, trace

from ..conftest import DELTA_TABLES, DUCKDB_FILE, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days, write_shelves
from .faults import Act, fail, kill, states_after
from .things import A_FILE, by_hand

SHOP = Graph(PACKAGE)
DAYS = days_between(day_of(0), day_of(9))
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=1000)


def restated(warehouse: Warehouse, chance: random.Random) -> None:
    """Change something, and publish some tables again, of some days."""
    day, root = chance.choice(DAYS[:6]), Path(warehouse.lake)
    if chance.random() < 0.6:
        write_counts(root, day, {"anna.csv": [f"1,{chance.randrange(1, 99)},"], "ben.csv": ["2,1,"]})
    else:
        write_shelves(root, day, [(1, chance.choice(["tea", "coffee", "rice"]))])
    tables = [table for table in SHOP.in_order() if chance.random() < 0.6]
    if chance.random() < 0.2:
        by_hand(warehouse, "drop table if exists features.next_days")
        tables = SHOP.in_order()
    first = chance.choice(DAYS)
    for table in tables:
        with_gaps = days_between(first, chance.choice([first, DAYS[-1]]))
        try:
            publish(table, warehouse, with_gaps, f"run {chance.random()}")
        except BatchError:
            continue


def known(warehouse: Warehouse) -> dict[str, Any]:
    """Return all that can be asked of each batch in force, and of the plan."""
    lake, models = Path(warehouse.lake), Artifacts(Path(warehouse.models))
    answers: dict[str, Any] = {}
    with warehouse.connect() as con:
        for table in SHOP.in_order():
            for (day,) in con.con.execute("select batch_date from quality.batches where asset = ? order by 1", [table.asset]).fetchall():
                found = trace(con, table.asset, day)
                answers[f"{table.asset} {day}"] = found, list(changed(found, lake, models)), replay_of(con, table.asset, found, lake, models)
        answers["plan"] = [line.split("; about")[0].split("; under")[0] for line in told(planned(con, SHOP.in_order(), None, lake, restates_past=True))]
        answers["named"] = sorted(str(each.folder) for each in unneeded(con, Path(warehouse.models), LATER))
    return answers


def replay_of(con: Any, asset: str, found: Any, lake: Path, models: Artifacts) -> str:
    """Return what a batch is if it is made again, or why it cannot be."""
    try:
        return replay(con, SHOP.table(asset.split(".")[1]), found.of, lake, models)
    except BatchError as error:
        return str(error)


@pytest.mark.parametrize(("warehouse", "seed"), [(DUCKDB_FILE, 0), (DELTA_TABLES, 3)], indirect=["warehouse"])
def test_all_that_can_be_traced_and_made_again_can_be_afterwards(warehouse: Warehouse, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, closed = random.Random(seed), DAYS[6]
    write_days(Path(warehouse.lake), len(DAYS))
    monkeypatch.setattr(settings, "closed_days", {closed: Closing()})
    shutil.rmtree(Path(warehouse.lake) / "counts" / str(closed))
    for table in SHOP.in_order():
        publish(table, warehouse, DAYS, "run")
    for _ in range(16):
        restated(warehouse, chance)
    before = known(warehouse)
    (prune_file if Path(warehouse.database).is_file() else prune_tables)(warehouse, monkeypatch)
    assert known(warehouse) == before


def prune_tables(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the files of Delta tables that nothing needs."""
    monkeypatch.setattr("batch_assets.warehouse.delta.upkeep.HOURS_UNDER_WAY", 0)
    with warehouse.connect() as con:
        assert "files removed" in "".join(warehouse.store.prune(con.con, dt.datetime.now(dt.UTC), is_executed=True))


def prune_file(warehouse: Warehouse, _: pytest.MonkeyPatch) -> None:
    """Remove entries of the ledger that nothing needs; nothing is left that only they have."""
    with warehouse.connect() as con:
        going = replaced(con.con, LATER)
        assert going
        forget(con.con, going)
        assert replaced(con.con, LATER) == []
        for name in ("receipts", "models", "raw_files"):
            columns = "publication, batch_date" if name == "raw_files" else "publication, asset, batch_date"
            assert con.con.execute(f"select count(*) from quality.{name} anti join quality.ledger using ({columns})").fetchall() == [(0,)], name
        assert con.con.execute("select count(*) from quality.code anti join quality.ledger using (code)").fetchall() == [(0,)]
        assert con.con.execute("select count(*) from quality.runs anti join quality.ledger using (run_id)").fetchall() == [(0,)]
        assert con.con.execute("select count(*) from quality.ledger anti join quality.runs using (run_id)").fetchall() == [(0,)]


def published_again(warehouse: Warehouse) -> None:
    """Publish three days, and two of them again."""
    write_days(Path(warehouse.lake), 3)
    for days in (DAYS[:3], DAYS[:2]):
        publish(SHOP.table("shelf_counts"), warehouse, days, "run")


@A_FILE
def test_what_is_young_stays_and_what_is_old_and_replaced_goes(warehouse: Warehouse) -> None:
    published_again(warehouse)
    with warehouse.connect() as con:
        assert replaced(con.con, dt.datetime.now(dt.UTC) - dt.timedelta(days=1)) == []
        assert replaced(con.con, LATER) == [(1, "marts.shelf_counts", day) for day in DAYS[:2]]


@pytest.mark.parametrize("act", [fail, kill])
def test_a_prune_that_is_broken_off_removed_all_or_nothing_of_the_ledger(tmp_path: Path, act: Act) -> None:
    published_again(warehouse_in(tmp_path / "before"))

    def prunes(warehouse: Warehouse) -> bool:
        return bool(list(prune(warehouse, LATER, is_executed=True)))

    for left in states_after(tmp_path / "before", tmp_path, act, prunes):
        with left.connect() as con:
            there = [
                con.con.execute(f"select distinct publication, batch_date from quality.{name} order by all").fetchall() for name in ("ledger", "raw_files")
            ]
        everything = [(1, day) for day in DAYS[:3]] + [(2, day) for day in DAYS[:2]]
        assert there in ([everything] * 2, [everything[2:]] * 2)
