"""The pipeline's forecasts are those that were published, bit for bit, wherever its workers run and its files lie.

Beam has an environment of its own (`make beam`), since it does not take the Arrow that all else runs on. So it runs in processes of its own.
"""

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from batch_assets.demo.stream.tills import events
from batch_assets.lake.pos_log import pos_log
from batch_assets.settings import Closing, settings
from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in
from ..lake.history import CUSTOMERS, publish_all, write_history
from ..lake.writer import day_of, noon, product, till_line, write_catalogue, write_till

BEAM = Path(sys.prefix) / "beam" / "bin" / "python"
ROOT = Path(__file__).parents[2]
LAST = day_of(51)
CLOSED = f'{{"{day_of(53)}": {{}}}}'

if not BEAM.exists():
    pytest.skip("Not tested: the pipeline of Apache Beam, which is not installed. Run `make beam`", allow_module_level=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse with a batch of forecasts, whose last day has what departments deliver: repeats, late lines, dirt, a product that moves."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("beam"))
    lake = Path(warehouse.lake)
    write_history(lake, 52)
    before = till_line(day_of(50), receipt_id="1", product_id="1", quantity="900", sold_at=noon(day_of(50)), **CUSTOMERS[1])
    bought = [till_line(LAST, receipt_id=str(p), product_id=str(p), quantity=str(11 * p), **CUSTOMERS[p]) for p in CUSTOMERS]
    late = till_line(LAST, receipt_id="77", product_id="2", quantity="13", sold_at=noon(day_of(48)))
    write_till(lake, LAST, [*bought, before, bought[0], late, till_line(LAST, receipt_id="9", quantity="-1"), "half a li"])
    write_catalogue(lake, LAST, [product(3, category="BREAD"), product(4, category="MILK")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "min_training_days", 30)
        patch.setattr(settings, "closed_days", {day_of(53): Closing()})
        publish_all(warehouse, LAST, LAST)
        yield warehouse


def run(
    warehouse: Warehouse, folder: Path, *options: str, module: str = "batch_assets.beam", scheme: str = "", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run the pipeline; its forecasts go to files in the folder."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BATCH_ASSETS_WAREHOUSE": warehouse.database,
        "BATCH_ASSETS_PUBLISHED": warehouse.published,
        "BATCH_ASSETS_LAKE": warehouse.lake,
        "BATCH_ASSETS_MODELS": warehouse.models,
        **variables,
    }
    places = {"--output": folder / "forecasts", "--known": folder / "known", "--lake": warehouse.lake, "--models": warehouse.models}
    (folder / "known").mkdir(parents=True)
    named = [f"{option}={scheme}{place}" for option, place in places.items()]
    command = [str(BEAM), "-m", module, *named, *(options or ("--day", str(LAST)))]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def content(warehouse: Warehouse, folder: Path) -> tuple[str, str]:
    """Return the content hash of the pipeline's forecasts, and the one in the ledger."""
    from batch_assets.engine.canonical import content_of

    with warehouse.connect() as con:
        made = content_of(con, f"(from read_parquet('{folder}/forecasts-*.parquet'))", LAST)
        ((ledger,),) = con.con.execute("select content from quality.batches where asset = 'predictions.demand_forecast'").fetchall()
    return made, ledger


def test_the_forecasts_are_the_published_ones_though_all_lies_elsewhere(published: Warehouse, tmp_path: Path) -> None:
    ran = run(published, tmp_path, module="batch_assets_tests.beam.elsewhere", scheme="elsewhere:/", BATCH_ASSETS_CLOSED_DAYS=CLOSED)
    assert ran.returncode == 0, ran.stderr
    made, ledger = content(published, tmp_path)
    assert made == ledger


def test_workers_of_their_own_make_the_same(published: Warehouse, tmp_path: Path) -> None:
    apart = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    ran = run(published, tmp_path, "--day", str(LAST), *apart, module="batch_assets_tests.beam.changed")
    assert ran.returncode == 0, ran.stderr
    made, ledger = content(published, tmp_path)
    assert made == ledger
    for name in ("till_lines", "sales_lines"):
        known = pq.read_table(tmp_path / "known" / f"{name}.parquet")
        assert known.num_rows > 10
        assert {known[column].null_count for column in ("customer_name", "postcode")} == {known.num_rows}


def test_the_days_events_may_come_by_a_subscription(published: Warehouse, tmp_path: Path) -> None:
    lake = Path(published.lake)
    till, other = pos_log.path(lake, LAST), tmp_path / "till file"
    lines = [(event.at, event.value) for event in events(lake, till, LAST)]
    of_others = [(at + dt.timedelta(days=days), lines[0][1]) for at, _ in lines[:1] for days in (-2, 2)]
    listed = tmp_path / "messages.jsonl"
    listed.write_text("".join(json.dumps({"at": at.isoformat(), "value": b64encode(value).decode()}) + "\n" for at, value in [*lines, *of_others]))
    till.rename(other)
    try:
        options = ("--day", str(LAST), "--streaming", f"--subscription={listed}")
        ran = run(published, tmp_path, *options, module="batch_assets_tests.beam.published", BATCH_ASSETS_CLOSED_DAYS=CLOSED)
    finally:
        other.rename(till)
    assert ran.returncode == 0, ran.stderr
    made, ledger = content(published, tmp_path)
    assert made == ledger


_PUT = """
import datetime as dt, sys
from pathlib import Path
from batch_assets.beam.events import put
from batch_assets.lake.pos_log import pos_log

came = [(2.0, "b", None, b"later"), (1.0, "c", "31", b"first"), (2.0, "b", None, b"later"), (1.5, "a", None, b"then")]
put(came, pos_log.forms[1], dt.date(2017, 2, 21), Path(sys.argv[1]))
"""


def test_a_message_that_came_twice_is_a_line_once_in_the_order_of_publishing(tmp_path: Path) -> None:
    subprocess.run([str(BEAM), "-c", _PUT, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    (segment,) = pos_log.files(tmp_path, LAST)
    lines = [json.loads(line) for line in gzip.decompress(segment.read_bytes()).splitlines()]
    assert [(line["offset"], line["key"], line["value"]) for line in lines] == [(0, "31", "first"), (1, None, "then"), (2, None, "later")]


@pytest.mark.parametrize("source", [(), ("--streaming", "--subscription=projects/retailer/subscriptions/tills")], ids=["files", "events"])
def test_dataflow_takes_the_pipeline_as_it_is(published: Warehouse, tmp_path: Path, source: tuple[str, ...]) -> None:
    """All but the job's submission is done: there is no Dataflow here."""
    on_dataflow = ["--runner=DataflowRunner", "--project=retailer", "--region=europe-west1", "--temp_location=gs://bucket/tmp"]
    ran = run(published, tmp_path, "--day", str(LAST), *on_dataflow, *source, "--sdk_location=container", "--no_auth", "--dry_run=true")
    assert ran.returncode == 0, ran.stderr


def test_a_day_whose_earlier_days_are_not_published_is_refused(published: Warehouse, tmp_path: Path) -> None:
    ran = run(published, tmp_path, "--day", str(day_of(53)))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.splitlines()[-1].startswith(f"batch {day_of(53)} reads marts.till_lines of ")


def test_a_damaged_raw_file_is_told_by_its_place_in_the_lake(published: Warehouse, tmp_path: Path) -> None:
    (till,) = Path(published.lake).rglob(f"*pos*/*{LAST}*")
    whole = till.read_bytes()
    till.write_bytes(whole[:-20])
    try:
        ran = run(published, tmp_path)
    finally:
        till.write_bytes(whole)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(f"{till}: cut off or damaged")
    assert not list(tmp_path.glob("forecasts*"))


def test_a_model_whose_files_were_changed_is_refused(published: Warehouse, tmp_path: Path) -> None:
    (sums,) = Path(published.models).glob("demand_model/*/SHA256SUMS")
    file, listed = sums.with_name("units.txt"), sums.read_text()
    whole = file.read_bytes()
    other = whole.replace(b"1", b"2", 1)
    file.write_bytes(other)
    sums.write_text(listed.replace(sha256(whole).hexdigest(), sha256(other).hexdigest()))
    try:
        ran = run(published, tmp_path)
    finally:
        file.write_bytes(whole)
        sums.write_text(listed)
    assert ran.returncode == 1
    assert "SHA256SUMS is not what it was when models/demand_model was published" in ran.stderr.splitlines()[-1]
