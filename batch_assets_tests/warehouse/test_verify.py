"""Verify finds each row and each file that is not as the ledger says, and nothing else."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.replay import why_not_trained_again
from batch_assets.warehouse.verify import differences

from ..conftest import copied, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_day, write_days
from .things import STORES, by_hand

DAYS = days_between(day_of(0), day_of(2))
FILE = "expected_counts/2017-01-02.parquet"


@pytest.fixture(scope="module", params=STORES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Three days of every table of the shop, which no test changes."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("template"), name=request.param)
    warehouse.keep_open()
    write_days(Path(warehouse.lake), len(DAYS))
    for table in Graph(PACKAGE).in_order():
        publish(table, warehouse, DAYS, "run")
    warehouse.close()
    return warehouse


@pytest.fixture
def published(template: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    return copied(template, tmp_path)


def found(warehouse: Warehouse) -> list[str]:
    """Return what differs, without the folder of the files."""
    with warehouse.connect() as con:
        return [
            difference.reason.replace(f"{warehouse.published}/", "")
            for difference in differences(con, Graph(PACKAGE).in_order(), Path(warehouse.lake), Path(warehouse.published), Path(warehouse.models))
        ]


def test_what_was_published_is_as_the_ledger_says(published: Warehouse) -> None:
    assert found(published) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "update marts.kind_counts set pieces = pieces + 1 where batch_date = '2017-01-02' and kind = 'tea'",
            "marts.kind_counts, batch 2017-01-02: rows of the table were changed since they were published",
        ),
        (
            "delete from features.recent_counts where batch_date = '2017-01-03' and kind = 'tea'",
            "features.recent_counts, batch 2017-01-03: the table has 2 rows, the ledger 3",
        ),
        (
            "insert into marts.shelf_kinds select date '2016-12-31', shelf, kind, source_file, source_line from marts.shelf_kinds",
            "marts.shelf_kinds, batch 2016-12-31: the table has 2 rows of a batch that was never published",
        ),
        (
            "update predictions.expected_counts set reasons = [] where batch_date = '2017-01-01' and kind = 'rice' and ahead = 1",
            "predictions.expected_counts, batch 2017-01-01: rows of the table were changed since they were published",
        ),
    ],
)
def test_rows_that_were_changed_by_hand_are_found(published: Warehouse, statement: str, told: str) -> None:
    by_hand(published, statement)
    assert found(published) == [told]


def test_a_table_that_was_dropped_is_found(published: Warehouse) -> None:
    by_hand(published, "drop table features.next_days")
    is_file = Path(published.database).is_file()
    told = "the table has 0 rows, the ledger 2" if is_file else "was removed with its ledger, and predictions.expected_counts was made from it"
    assert found(published) == [f"features.next_days, batch {day}: {told}" for day in DAYS]


def test_a_file_of_other_rows_is_found_whatever_it_says_of_itself(published: Warehouse) -> None:
    with published.connect() as con:
        stamps = con.con.execute(f"select decode(key), decode(value) from parquet_kv_metadata('{published.published}/{FILE}')").fetchall()
        stamped = ", ".join(f"{key}: '{value}'" for key, value in stamps if key in ("publication", "content"))
        rows = "select * replace (pieces + 1 as pieces) from predictions.expected_counts where batch_date = '2017-01-02'"
        con.con.execute(f"copy ({rows}) to '{published.published}/{FILE}' (format parquet, kv_metadata {{{stamped}}})")
    assert found(published) == [f"{FILE}: its rows are not those that were published"]


def test_a_damaged_file_is_found(published: Warehouse) -> None:
    path = Path(published.published) / FILE
    published.keep_open()
    with published.connect():
        path.write_bytes(path.read_bytes()[:-20])
    assert found(published) == [f"{FILE}: is missing or damaged"]


def model_file(warehouse: Warehouse) -> Path:
    """Return the file of the version that is in force on the last day."""
    with warehouse.connect() as con:
        ((version,),) = con.con.execute("select version from models.mean_model where batch_date = ?", [DAYS[-1]]).fetchall()
    return Path(warehouse.models) / "mean_model" / str(version) / "means.json"


def change(path: Path) -> None:
    """Change a file, and not the list of hashes."""
    path.write_text('{"tea": 77}')


def change_with_sums(path: Path) -> None:
    """Change a file, and the list of hashes with it."""
    change(path)
    (path.parent / "SHA256SUMS").write_text(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (change, "means.json was changed or cut off since it was stored"),
        (change_with_sums, "SHA256SUMS is not what it was when models/mean_model was published"),
        (Path.unlink, "means.json is missing"),
        (lambda path: shutil.rmtree(path.parent), "the files of mean_model's version"),
    ],
)
def test_a_model_whose_files_are_not_those_that_were_stored_is_found(published: Warehouse, damage: Callable[[Path], None], told: str) -> None:
    damage(model_file(published))
    (line,) = found(published)
    assert told in line


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (change, "means.json was changed or cut off since it was stored"),
        (change_with_sums, "trained again, it has other files"),
        (lambda path: (path.parent / "SHA256SUMS").unlink(), "trained again, it has other files"),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_kept_for_later_trainings_is_as_training_gives_it(published: Warehouse, damage: Callable[[Path], object], told: str, which: int) -> None:
    fits = sorted((Path(published.models) / "mean_model.fits").iterdir())
    assert len(fits) == 2
    damage(fits[which] / "means.json")
    (line,) = found(published)
    assert told in line
    shutil.rmtree(fits[which])
    assert found(published) == []


def test_what_no_batch_names_is_compared_with_its_list(published: Warehouse) -> None:
    Artifacts(Path(published.models)).put("mean_model", "unnamed", {"means.json": "{}"})
    (Path(published.models) / "mean_model" / ".unnamed.0").mkdir()
    assert found(published) == []
    (Path(published.models) / "mean_model" / "unnamed" / "means.json").write_text("[]")
    (line,) = found(published)
    assert "version unnamed: means.json was changed" in line


def test_a_training_whose_rows_were_changed_is_not_compared(published: Warehouse) -> None:
    by_hand(published, "update marts.kind_counts set pieces = pieces + 5")
    assert all("trained again" not in line for line in found(published))


def test_a_model_that_comes_out_otherwise_is_found(published: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets_tests.shop.models.mean_model.library_versions", lambda *_: {"pandas": "another"})
    assert found(published) == [f"models.mean_model, batch {day}: trained again, it has other content" for day in (DAYS[2], DAYS[0])]


@pytest.mark.parametrize("template", STORES[:1], indirect=True)  # A Delta table that is dropped takes its record along, and with it the version's name.
def test_a_model_that_only_a_prediction_names_is_found(published: Warehouse) -> None:
    path = model_file(published)
    by_hand(published, "drop table models.mean_model")
    change(path)
    assert any("means.json was changed" in line for line in found(published))
    with published.connect() as con:
        told = why_not_trained_again(con, Graph(PACKAGE).table("mean_model"), DAYS[-1], path.parent.name, Path(published.lake))
    assert told == "batch 2017-01-03 names another version since, or is gone"


def test_a_version_comes_back_only_if_what_it_was_trained_from_is_unchanged(published: Warehouse) -> None:
    version, table = model_file(published).parent.name, Graph(PACKAGE).table("mean_model")
    with published.connect() as con:
        assert why_not_trained_again(con, table, DAYS[-1], version, Path(published.lake)) is None
    write_day(Path(published.lake), DAYS[1], ["1,99,", "2,5,"], [])
    for name in ("shelf_counts", "kind_counts"):
        publish(Graph(PACKAGE).table(name), published, [DAYS[1]], "run")
    with published.connect() as con:
        told = why_not_trained_again(con, table, DAYS[-1], version, Path(published.lake))
    assert told == "marts.kind_counts was published with other content since"
