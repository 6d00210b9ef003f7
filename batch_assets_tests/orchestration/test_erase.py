"""An erased customer is in no file and no table any more, nor comes back, and all that is not about the customer is as it was: in either store.

What a store has no part in is tested on a DuckDB file alone: how files are read afterwards, and what is refused.
"""

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest
from deltalake.fs import DeltaStorageHandler

import batch_assets.orchestration.erase as erasing
from batch_assets.errors import BatchError
from batch_assets.ingest.erasures import FOLDER, REASON
from batch_assets.ingest.lakefile import file_version
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.delta import forgetting
from batch_assets.warehouse.erasure.certificate import check_sums
from batch_assets.warehouse.erasure.record import Begun, begin
from batch_assets.warehouse.plan import stale_days
from batch_assets.warehouse.planned import planned
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.replay import replay
from batch_assets.warehouse.snapshot import take_snapshot
from batch_assets.warehouse.trace import told, trace
from batch_assets.warehouse.verify import differences

from ..conftest import DELTA_TABLES, DUCKDB_FILE, resource_in
from ..lake.canary import CANARY, CONTACT, DAYS, HOST, NEIGHBOURS, write_lake
from ..warehouse.things import keep_by_deltas_own_means

TABLES = configured_graph().with_upstreams(["customer_purchases", "campaign_purchases", "reviews"])
BY_NAME = {table.name: table for table in TABLES}
JOB: Any = None
A_FILE = pytest.mark.parametrize("published", [DUCKDB_FILE], indirect=True, ids=["DuckDB file"])
DELTA = pytest.mark.parametrize("published", [DELTA_TABLES], indirect=True, ids=["Delta tables"])


def there(folder: Path) -> WarehouseResource:
    """Return the warehouse in a folder, of whichever store it is."""
    return resource_in(folder, name=DELTA_TABLES if (folder / DELTA_TABLES).is_dir() else DUCKDB_FILE)


def publish_stale(resource: WarehouseResource) -> None:
    """Publish what is missing or stale, as `up-to-date` does, without Dagster's runs."""
    lake = Path(resource.lake)
    resource.warehouse.keep_open()
    for table in TABLES:
        with resource.warehouse.connect() as con:
            days, refused = stale_days(con, table, DAYS, lake)
        assert not refused
        if days:
            publish(table, resource.warehouse, days, "run")
    resource.warehouse.close()


@pytest.fixture
def restated_without_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restate without Dagster's runs and definitions, which take most of the time; the job's test has them."""
    monkeypatch.setattr(erasing, "build_defs", lambda **_: SimpleNamespace(resolve_job_def=lambda _: JOB))
    monkeypatch.setattr(erasing, "bring_up_to_date", lambda _job, _plan, _instance, resource, _tell: publish_stale(resource))


@pytest.fixture(scope="module", params=[DUCKDB_FILE, DELTA_TABLES], ids=["DuckDB file", "Delta tables"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published lake; not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    write_lake(folder / "lake")
    resource = resource_in(folder, name=request.param)
    publish_stale(resource)
    publish(BY_NAME["till_lines"], resource.warehouse, DAYS[:1], "again")
    if request.param == DELTA_TABLES:
        keep_by_deltas_own_means(f"{folder / request.param}/marts/contacts", "contact_id")
    take_snapshot(resource.warehouse, TABLES)
    return folder


@pytest.fixture(scope="module")
def erased(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It when the canary is erased; not to be changed."""
    folder = tmp_path_factory.mktemp("erased")
    shutil.copytree(published, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "bring_up_to_date", lambda _job, _plan, _instance, resource, _tell: publish_stale(resource))
        erase(there(folder))
    return folder


def copy(folder: Path, to: Path) -> WarehouseResource:
    """Return the warehouse in a copy of a folder."""
    shutil.copytree(folder, to)
    return there(to)


def look(resource: WarehouseResource) -> erasing.Asked:
    """Find the canary."""
    return erasing.look(resource.warehouse, TABLES, f"marketing:{CONTACT}")


def erase(resource: WarehouseResource, by: str = "A. Clerk", asked: erasing.Asked | None = None) -> list[str]:
    """Erase the canary; return what is told."""
    lines: list[str] = []
    with dg.DagsterInstance.ephemeral() as instance:
        erasing.erase(asked or look(resource), by, "a letter", JOB, TABLES, instance, resource, lines.append)
    return lines


def resume(resource: WarehouseResource) -> list[str]:
    """Run the command without a customer; return what is told."""
    lines: list[str] = []
    with dg.DagsterInstance.ephemeral() as instance:
        erasing.erase_asked(resource, instance, None, "", "", lines.append, is_executed=True)
    return lines


def named(folder: Path) -> list[str]:
    """Return the files and tables in which the canary is, each file unpacked."""
    found: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("latin-1")
        text += str(duckdb.read_parquet(str(path)).fetchall()) if path.suffix == ".parquet" else ""
        found += [str(path.relative_to(folder))] if CANARY in text.lower() or HOST in text else []
    with there(folder).warehouse.read_only() as con:
        for schema, table in con.con.execute("select table_schema, table_name from information_schema.tables").fetchall():
            text = str(con.con.execute(f'from {schema}."{table}"').fetchall())
            found += [f"{schema}.{table}"] if CANARY in text.lower() or HOST in text else []
    return found


def rows(folder: Path, query: str) -> list[Any]:
    """Return what a query gives."""
    with there(folder).warehouse.read_only() as con:
        return con.con.execute(query).fetchall()


def contents(folder: Path) -> dict[tuple[str, dt.date], str]:
    """Return the content hash of each batch."""
    return {(asset, day): content for asset, day, content in rows(folder, "select asset, batch_date, content from quality.batches")}


def test_what_is_known_is_told_and_nothing_is_changed(published: Path, tmp_path: Path) -> None:
    resource = copy(published, tmp_path / "data")
    assert list(look(resource).told(TABLES)) == [
        "records: logistics 1, marketing 1, till 1",
        "lake.access_log: 2 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "lake.contact_list: 10 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "lake.delivery_notes: 8 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "lake.pos_log: 8 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "lake.redemptions: 6 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "lake.review_log: 2 lines in 2 files (2017-01-01..2017-01-02); files are rewritten",
        "marts.contacts: 2 rows name the customer",
        "marts.coupon_redemptions: 4 rows name the customer",
        "marts.customer_records: 3 rows name the customer",
        "marts.deliveries: 2 rows name the customer",
        "marts.sales_lines: 3 rows name the customer",
        "marts.till_customers: 3 rows name the customer",
        "marts.till_lines: 4 rows name the customer",
        "quality.quarantine: 21 rows name the customer",
        "looked for: email, name",
    ]
    assert contents(tmp_path / "data") == contents(published)
    assert not (tmp_path / "data" / "lake" / FOLDER).exists()


def test_the_canary_is_nowhere(published: Path, erased: Path) -> None:
    before = {where.removeprefix("lake/") for where in named(published)}
    assert {"marts.till_lines", "marts.page_views", "quality.quarantine", f"sales/pos/{DAYS[0]}.csv.gz"} <= before
    if there(published).database.endswith(DELTA_TABLES):
        log = "warehouse/marts/contacts/_delta_log"
        assert {f"{log}/{3:020}.json", f"{log}/{3:020}.checkpoint.parquet"} <= before
        assert sum(where.startswith(f"warehouse/marts/till_lines/batch_date={DAYS[0]}/") for where in before) == 2
    assert named(erased) == []
    assert rows(erased, f"select count(*) from marts.reviews where marketing_id = '{CONTACT}'") == [(0,)]


def test_the_snapshot_is_made_anew(published: Path, erased: Path) -> None:
    keys = "select source, source_key from marts.customer_records order by all"
    before, after = (duckdb.connect(str(folder / "published" / "warehouse.duckdb"), read_only=True).execute(keys).fetchall() for folder in (published, erased))
    assert before == rows(published, keys)
    assert after == rows(erased, keys) != before


@pytest.mark.parametrize(
    "query",
    [
        "select count(*), sum(amount_cents) from marts.sales_lines",
        "select batch_date, sum(lines), sum(amount_cents) from marts.campaign_purchases group by 1 order by 1",
        "select * exclude (customer_name, postcode) from marts.till_lines order by all",
        f"select * from marts.contacts where contact_id <> '{CONTACT}' order by all",
        "select * from marts.deliveries where name not ilike 'zerlina%' order by all",
        "select * from marts.till_customers where given_name = 'ann' order by all",
        f"select * from marts.customer_members where source_key = '{NEIGHBOURS}' order by all",
        "select voucher_no, value_cents, contact_id from marts.coupon_redemptions order by all",
        f"select * from marts.coupon_redemptions where contact_id = '{NEIGHBOURS}' order by all",
        "select * from marts.sends order by all",
    ],
)
def test_all_else_is_as_it_was(published: Path, erased: Path, query: str) -> None:
    before = rows(published, query)
    assert before
    assert rows(erased, query) == before


def test_every_line_is_where_it_was(published: Path, erased: Path) -> None:
    marts = [table.asset for table in TABLES if table.source]
    kept = " union all ".join(f"select '{asset}', batch_date, source_file, source_line from {asset}" for asset in marts)
    places = f"select * from ({kept} union all select asset, batch_date, source_file, source_line from quality.quarantine) where col0 <> 'marts.sales_lines'"
    places = places.replace("select '", "select '", 1).replace("col0", f"\"'{marts[0]}'\"") + " order by all"
    assert rows(erased, places) == rows(published, places)
    assert (REASON, "") in rows(erased, "select reason, raw from quality.quarantine")


def test_what_is_published_is_as_the_ledger_has_it_and_every_receipt_is_there(published: Path, erased: Path, tmp_path: Path) -> None:
    with copy(erased, tmp_path / "data").warehouse.connect() as con:
        assert list(differences(con, TABLES, erased / "lake", erased / "published", erased / "models")) == []
    for table in ("ledger", "receipts", "raw_files", "runs", "code"):
        before = rows(published, f"from quality.{table}")
        assert before
        assert set(map(str, before)) <= set(map(str, rows(erased, f"from quality.{table}")))


def test_the_certificate_says_what_was_done(published: Path, erased: Path) -> None:
    (path,) = (erased / "lake" / FOLDER).glob("*/certificate.json")
    told = json.loads(path.read_text())
    assert (told["asked_by"], told["reason"], told["records"], told["lines"]["contact_list"]) == (
        "A. Clerk",
        "a letter",
        {"logistics": 1, "marketing": 1, "till": 1},
        10,
    )
    assert told["rows_that_named_the_customer"]["before"]["quality.quarantine"] == 21
    assert told["totals"]["before"] == told["totals"]["after"] != {}
    changed = {(one["table"], dt.date.fromisoformat(one["day"])): one["content"] for one in told["batches"]}
    before, after = contents(published), contents(erased)
    assert changed == {batch: [before[batch], after[batch]] for batch in before if before[batch] != after[batch]}
    assert {file["file"]: file["after"] for file in told["raw_files"]} == {
        file: file_version(erased / "lake" / file) for file in json.loads((path.parent / "record.json").read_text())["files"]
    }
    assert all(file["before"] != file["after"] for file in told["raw_files"])
    assert sorted(path.parent.iterdir()) == [path, path.parent / "record.json"]
    assert json.loads(rows(erased, "select certificate from quality.erasures")[0][0]) == told
    assert told["scan"]["files"] > 20
    replaced = told["files_of_replaced_rows"]
    assert replaced.get("marts.till_lines", 0) == (0 if told["warehouse_bytes"] else 3)
    assert {"marts.campaign_report", "marts.products"}.isdisjoint(replaced)


def test_what_it_was_made_from_says_that_it_was_redacted_and_it_can_be_made_again(erased: Path, tmp_path: Path) -> None:
    resource = copy(erased, tmp_path / "data")
    (name,) = [path.name for path in (erased / "lake" / FOLDER).iterdir()]
    with resource.warehouse.connect() as con:
        found = trace(con, "marts.sales_lines", DAYS[0])
        assert f"redacted: marts.till_lines ({DAYS[0]}), by erasure {name}" in list(told(found))
        mart = BY_NAME["till_lines"]
        of = trace(con, mart.asset, DAYS[0]).of
        assert replay(con, mart, of, Path(resource.lake), Artifacts(Path(resource.models))) == of.content


@A_FILE
def test_raw_files_that_are_delivered_again_bring_nobody_back(published: Path, erased: Path, tmp_path: Path) -> None:
    resource = copy(erased, tmp_path / "data")
    shutil.copytree(published / "lake", resource.lake, dirs_exist_ok=True)
    publish_stale(resource)
    assert contents(tmp_path / "data") == contents(erased)
    assert all(where.startswith("lake/") for where in named(tmp_path / "data"))
    assert "12 raw files were delivered again" in resume(resource)[-1]
    assert named(tmp_path / "data") == []


@A_FILE
def test_a_lake_without_a_warehouse_gives_the_same(published: Path, erased: Path, tmp_path: Path) -> None:
    resource = resource_in(tmp_path)
    shutil.copytree(published / "lake", resource.lake)
    shutil.copytree(erased / "lake" / FOLDER, Path(resource.lake) / FOLDER)
    publish_stale(resource)
    assert contents(tmp_path) == contents(erased)
    quarantine = "select asset, batch_date, source_line, reason, raw from quality.quarantine order by all"
    assert rows(tmp_path, quarantine) == rows(erased, quarantine)


_STEPS = ("_rewritten", "bring_up_to_date", "forget", "compact", "in_files", "certify")
STEPS = [*((erasing, name) for name in _STEPS), (Begun, "end"), (Path, "unlink")]
"""What an erasure consists of; the last is in its end, when the certificate is written."""


def stopped_at(steps: Sequence[tuple[Any, str]], resource: WarehouseResource, asked: erasing.Asked) -> Iterator[str]:
    """Erase a customer, and be stopped at each step once, from where it goes on each time; yield the names of the steps."""
    for number, (owner, name) in enumerate(steps):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, stop)
            with pytest.raises(KeyboardInterrupt):
                resume(resource) if number else erase(resource, asked=asked)
        resource.warehouse.let_go()
        yield name


@A_FILE
@pytest.mark.usefixtures("restated_without_runs")
def test_whoever_is_stopped_at_any_step_goes_on(published: Path, erased: Path, tmp_path: Path) -> None:
    resource = copy(published, tmp_path / "data")
    (left := Path(resource.models) / "demand_model" / "notes.txt").parent.mkdir(parents=True)
    left.write_text(f"{CANARY} quux")
    asked = look(resource)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", stop)
        with pytest.raises(KeyboardInterrupt):
            erase(resource, asked=asked)
    assert resume(resource) == ["no erasure is unfinished"]
    for name in stopped_at(STEPS, resource, asked):
        if name == "in_files":
            with pytest.raises(BatchError, match=rf"the customer is still named in {left}\. Remove it there, then run"):
                resume(resource)
            left.unlink()
    with pytest.raises(BatchError, match=r"erasure \d+T\d+Z is not finished: python -m batch_assets erase, without a customer"):
        look(resource)
    assert resume(resource)[-2].startswith("certificate: ")
    assert named(tmp_path / "data") == []
    assert contents(tmp_path / "data") == contents(erased)
    assert len(list((Path(resource.lake) / FOLDER).iterdir())) == 1


@DELTA
@pytest.mark.usefixtures("restated_without_runs")
def test_whoever_is_stopped_while_delta_forgets_goes_on(published: Path, erased: Path, tmp_path: Path) -> None:
    resource = copy(published, tmp_path / "data")
    asked, steps = look(resource), [(DeltaStorageHandler, "delete_file"), (forgetting, "_replace"), (Begun, "end")]
    assert list(stopped_at(steps, resource, asked)) == [name for _, name in steps]
    assert resume(resource)[-2].startswith("certificate: ")
    assert named(tmp_path / "data") == []
    assert contents(tmp_path / "data") == contents(erased)
    (certificate,) = (Path(resource.lake) / FOLDER).glob("*/certificate.json")
    assert [json.loads(each) for (each,) in rows(tmp_path / "data", "select certificate from quality.erasures")] == [json.loads(certificate.read_text())]


def stop(*_: object, **__: object) -> None:
    """Be what a person does with Ctrl+C, which nothing catches."""
    raise KeyboardInterrupt


@A_FILE
@pytest.mark.usefixtures("restated_without_runs")
def test_a_file_of_others_stays_and_they_are_named(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = copy(published, tmp_path / "data")
    others = [tmp_path / "data" / "backup.txt", Path(resource.lake) / "sales" / "pos" / f"{DAYS[0]}.csv.bak"]
    for other in others:
        other.write_text(f"{CANARY} quux")
    (cut := Path(resource.lake) / "sales" / "pos" / "2017-01-03.csv.gz").write_bytes(gzip.compress(f"{CANARY} quux ".encode() * 9)[:-9])
    sources = [table.source for table in TABLES if table.source and table.source.name == "delivery_notes"]
    monkeypatch.setitem(vars(sources[0]), "owner", "logistics")
    before = {path: path.read_bytes() for path in Path(resource.lake).glob("logistics/deliveries/*")}
    lines = erase(resource)
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(line for line in lines if "not ours" in line) == sorted(
        [
            *(f"{path}: still names the customer, and is not ours to change; ask logistics" for path in before),
            *(f"{path}: still names the customer, and is not ours to change; ask whoever put it there" for path in [*others, cut]),
        ]
    )
    cut.unlink()
    assert sorted(named(tmp_path / "data")) == sorted(str(path.relative_to(tmp_path / "data")) for path in [*before, *others])


@A_FILE
@pytest.mark.parametrize(
    ("spoil", "told_of"),
    [
        (lambda lake: (lake / "sales" / "pos" / f"{DAYS[0]}.csv.gz").write_bytes(gzip.compress(b"")), "Not all is up to date"),
        (lambda lake: shutil.rmtree(lake / "reviews"), "is gone, and has lines about this customer"),
    ],
    ids=["changed", "gone"],
)
def test_nobody_is_erased_while_it_is_not_known_where(published: Path, tmp_path: Path, spoil: Any, told_of: str) -> None:
    resource = copy(published, tmp_path / "data")
    spoil(Path(resource.lake))
    with pytest.raises(BatchError, match=told_of):
        look(resource)


@A_FILE
def test_a_plan_says_that_a_customer_was_erased(published: Path, tmp_path: Path) -> None:
    resource, mart = copy(published, tmp_path / "data"), BY_NAME["till_lines"]
    lake, asked = Path(resource.lake), look(resource)
    begun = begin(lake, asked.found, asked.before, "", "")
    assert why(resource, mart) == [f"a customer was erased (erasure {begun.name})"] * 2
    publish(mart, resource.warehouse, DAYS, "run")
    assert why(resource, mart) == []
    shutil.rmtree(lake / FOLDER)
    assert why(resource, mart) == ["an erasure is gone"] * 2


def why(resource: WarehouseResource, table: Table) -> list[str]:
    """Return why each batch of a table would be made again."""
    with resource.warehouse.connect() as con:
        steps = planned(con, [table], None, Path(resource.lake))
    return [reason.what for step in steps for reasons in step.certain.values() for reason in reasons]


@A_FILE
def test_totals_that_changed_are_told(published: Path, tmp_path: Path) -> None:
    resource, asked = copy(published, tmp_path / "data"), look(there(published))
    begun = begin(Path(resource.lake), asked.found, {**asked.before, "sums": {"marts.sales_lines": "1"}}, "", "")
    with resource.warehouse.connect() as con, pytest.raises(BatchError, match=r"the totals of marts\.sales_lines are others than before"):
        check_sums(con, TABLES, begun)


@A_FILE
def test_a_reason_that_names_the_customer_is_refused(published: Path, tmp_path: Path) -> None:
    resource = copy(published, tmp_path / "data")
    with pytest.raises(BatchError, match="--by or --reason names the customer") as refused:
        erase(resource, by="Zerlina Quux")
    assert CANARY not in str(refused.value).lower()
    assert not (Path(resource.lake) / FOLDER).exists()
