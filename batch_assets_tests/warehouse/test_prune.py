"""Prune removes what nothing that is published needs, and nothing else."""

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from batch_assets.errors import WarehouseError
from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.prune import remove, unneeded
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.verify import differences

from ..conftest import copied, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_day, write_days
from .things import STORES

DAYS = days_between(day_of(0), day_of(9))
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


@pytest.fixture(scope="module", params=STORES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Ten days of every table of the shop, with three models, which no test changes."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("template"), name=request.param)
    warehouse.keep_open()
    write_days(Path(warehouse.lake), len(DAYS))
    made(warehouse)
    warehouse.close()
    return warehouse


@pytest.fixture
def published(template: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    return copied(template, tmp_path)


def made(warehouse: Warehouse, *, but_not: str = "") -> None:
    """Publish every table, but for those of a layer, and keep nothing for later trainings."""
    for table in Graph(PACKAGE).in_order():
        if table.layer != but_not:
            publish(table, warehouse, DAYS, "run")
    shutil.rmtree(Path(warehouse.models) / "mean_model.fits")


def folders(warehouse: Warehouse) -> set[str]:
    """Return the folders in the store of models."""
    return {str(path.relative_to(warehouse.models)) for path in Path(warehouse.models).glob("*/*")}


def pruned(warehouse: Warehouse, before: dt.datetime = LATER) -> dict[str, str]:
    """Remove what nothing needs; return it with the reasons."""
    models = Path(warehouse.models)
    with warehouse.connect() as con:
        found = list(unneeded(con, models, before))
    remove(found)
    return {str(each.folder.relative_to(models)): each.reason for each in found}


def test_versions_that_are_in_force_stay(published: Warehouse) -> None:
    there = folders(published)
    assert len(there) == 3
    assert pruned(published) == {}
    assert folders(published) == there


def test_a_version_that_no_batch_was_made_with_any_more_goes_when_it_is_old(published: Warehouse) -> None:
    before = folders(published)
    write_day(Path(published.lake), day_of(0), ["7,70,"], [(7, "tea")])
    made(published)
    replaced = before - {f"mean_model/{version}" for version in in_force(published)}
    assert replaced
    assert pruned(published, dt.datetime.now(dt.UTC) - dt.timedelta(days=1)) == {}
    assert pruned(published) == dict.fromkeys(replaced, "no published batch was made with it")
    assert folders(published) == {f"mean_model/{version}" for version in in_force(published)}
    with published.connect() as con:
        assert list(differences(con, Graph(PACKAGE).in_order(), Path(published.lake), Path(published.published), Path(published.models))) == []


def test_a_version_that_a_published_prediction_was_made_with_stays_when_another_model_is_in_force(published: Warehouse) -> None:
    before = folders(published)
    write_day(Path(published.lake), day_of(0), ["7,70,"], [(7, "tea")])
    made(published, but_not="predictions")
    assert folders(published) > before
    assert pruned(published) == {}
    with published.connect() as con:
        assert list(differences(con, Graph(PACKAGE).in_order(), Path(published.lake), Path(published.published), Path(published.models))) == []


def test_what_is_kept_for_later_trainings_and_what_was_left_over_goes(published: Warehouse) -> None:
    there, store = folders(published), Artifacts(Path(published.models))
    for version in ("old", "new"):
        store.put("mean_model.fits", version, {"a.json": "{}"})
    long_ago = dt.datetime.now(dt.UTC).timestamp() - 100 * 86_400
    os.utime(store.path("mean_model.fits", "old", ""), (long_ago, long_ago))
    left = f".abc.{'0123456789abcdef' * 2}"
    (Path(published.models) / "mean_model" / left).mkdir()
    assert pruned(published, dt.datetime.now(dt.UTC) - dt.timedelta(days=90)) == {
        f"mean_model/{left}": "left over by a process that was killed",
        "mean_model.fits/old": "kept for later trainings",
    }
    assert folders(published) == there | {"mean_model.fits/new"}


def test_what_a_killed_prune_leaves_is_removed_by_the_next(published: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    there, store = folders(published), Artifacts(Path(published.models))
    store.put("mean_model", "old", {"a.json": "{}", "b.json": "{}"})

    remove = shutil.rmtree

    def killed(path: Path, **known: Any) -> None:
        if not path.is_relative_to(published.models):
            return remove(path, **known)
        next(path.iterdir()).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            pruned(published)
    assert not store.has("mean_model", "old")
    assert list(pruned(published).values()) == ["left over by a process that was killed"]
    assert folders(published) == there


def test_folders_that_are_not_of_the_store_stay(published: Warehouse) -> None:
    for name in ("project/.git", "project/src", "mean_model/notes", "project/.venv.lib"):
        (Path(published.models) / name).mkdir(parents=True)
    (Path(published.models) / "mean_model" / "elsewhere").symlink_to(published.lake)
    assert pruned(published) == {}


def test_a_warehouse_without_batches_says_nothing_of_what_is_needed(published: Warehouse, tmp_path: Path) -> None:
    other = Warehouse(str(tmp_path / "other.duckdb"), published.lake, str(tmp_path / "elsewhere"), published.models, lock_timeout=9)
    with pytest.raises(WarehouseError, match="nothing is published in this warehouse"):
        pruned(other)


@pytest.mark.parametrize("template", STORES[:1], indirect=True)
def test_predictions_without_a_receipt_may_have_been_made_with_any_version(published: Warehouse) -> None:
    with published.connect() as con:
        con.con.execute("delete from quality.receipts where asset = 'predictions.expected_counts' and batch_date = '2017-01-03'")
    with pytest.raises(WarehouseError, match="1 batches of predictions have no receipt"):
        pruned(published)


def in_force(warehouse: Warehouse) -> set[str]:
    """Return the versions that the model's table names."""
    with warehouse.connect() as con:
        return {version for (version,) in con.con.execute("select distinct version from models.mean_model").fetchall()}
