"""Private values stay in the tables that have them, and in the quarantine: canaries among the words of the counts are looked for everywhere else.

The shop's words are private: what a person had to say may name somebody.
"""

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis import _

from batch_assets.errors import DefinitionError
from batch_assets.lake.pos_log import pos_log
from batch_assets.orchestration.assets import table_asset
from batch_assets.orchestration.definitions import build_defs
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.reporting.preview import preview
from batch_assets.table.chart import Bars
from batch_assets.table.contract import Contract, Field
from batch_assets.table.graph import Graph, configured_graph
from batch_assets.table.lineage import column_lineage
from batch_assets.table.table import Table
from batch_assets.warehouse.publication import publish

from ..engine.conftest import like
from ..shop import PACKAGE
from ..shop.marts.shelf_counts import ShelfCounts
from ..shop_lake import day_of, write_counts, write_day, write_shelves
from .test_commands import environment, run  # noqa: F401

SHOP = Graph(PACKAGE)
TABLES = [*configured_graph().in_order(), *configured_graph().today(), *SHOP.in_order()]
CANARY = "Zerlina7"


def write_canaries(lake: Path) -> None:
    """Write two days with canaries in rows that are kept, rejected and refused, and a third whose file has no header."""
    for n in range(2):
        write_day(lake, day_of(n), [f"1,10,{CANARY}", f"2,20,a {CANARY}", f"1,30,{CANARY}", f"x,1,{CANARY}", f"5,5,{CANARY},{CANARY}", f'6,"{CANARY}'])
    write_day(lake, day_of(2))
    write_counts(lake, day_of(2), {"anna.csv": ["1,1,"], "ben.csv": []}, header=f"7,8,{CANARY}")


def told_in(path: Path) -> str:
    """Return what a file has to say; a Parquet file is compressed."""
    return str(duckdb.read_parquet(str(path)).fetchall()) if path.suffix == ".parquet" else path.read_bytes().decode("utf-8", "replace")


def test_a_private_value_is_in_no_file_and_no_message_but_in_the_warehouse(
    resource: WarehouseResource,
    environment: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    write_canaries(Path(resource.lake))
    ranged = run(environment, "asset", "materialize", "-m", "batch_assets.definitions", "--select", "*", "--partition-range", f"{day_of(0)}...{day_of(1)}")
    assert ranged.returncode == 0, ranged.stderr[-3000:]
    failed = run(environment, "up-to-date", "--from", str(day_of(0)), "--to", str(day_of(2)))
    assert (failed.returncode, "anna.csv: line 1: the header changed: missing shelf, pieces, words." in failed.stderr) == (1, True)
    assert CANARY not in ranged.stdout + ranged.stderr + failed.stdout + failed.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file() and Path(resource.lake) not in path.parents and path != Path(resource.database)]
    assert {path.suffix for path in files} >= {".parquet", ".json", ".db"}
    assert [str(path) for path in files if CANARY in told_in(path)] == []
    with resource.warehouse.connect() as con:
        ((kept,),) = con.con.execute(f"select count(*) from marts.shelf_counts where list_contains(words, '{CANARY}')").fetchall()
        refused = con.con.execute("select reason, raw from quality.quarantine").fetchall()
    assert (kept, sum(CANARY in raw for _, raw in refused), [reason for reason, _ in refused if CANARY in reason]) == (4, 8, [])


class Worded(ShelfCounts):
    """Counts whose first word has a rule."""

    word: dt.String = Field(nullable=True, private=True, str_matches="^[a-z]+$", description="first word")


class Unique(ShelfCounts):
    """Counts whose words are unique."""

    class Config:
        """One row per words."""

        unique = ["batch_date", "words"]


def number_from_words(counts: ir.Table) -> ir.Table:
    return SHOP.table("shelf_counts").function(counts=counts).mutate(pieces=_.words[0].cast("int64") + 1)  # type: ignore[union-attr]


def first_word(counts: ir.Table) -> ir.Table:
    return SHOP.table("shelf_counts").function(counts=counts).mutate(word=_.words[0])  # type: ignore[union-attr]


def twice(counts: ir.Table) -> ir.Table:
    return SHOP.table("shelf_counts").function(counts=counts).mutate(reject_reason=ibis.null("string"), words=_.words[:0])  # type: ignore[union-attr]


def shouts(shelf_counts: ir.Table) -> Iterator[pa.RecordBatch]:
    words = shelf_counts.to_pyarrow()["words"].to_pylist()
    if words:
        raise ValueError(f"what is this: {words}")
    yield from ()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (like("shelf_counts", number_from_words), "Could not convert string …"),
        (like("shelf_counts", first_word, contract=Worded), "word: breaks str_matches"),
        (like("shelf_counts", twice, contract=Unique), "multiple_fields_uniqueness"),
        (like("kind_counts", shouts, lookback={}, conserves={}), r"ValueError at .*test_private\.py:\d+; its message is not told"),
    ],
    ids=["engine", "contract", "uniqueness", "code"],
)
def test_a_failure_tells_no_private_value(resource: WarehouseResource, caplog: pytest.LogCaptureFixture, table: Table, told: str) -> None:
    write_day(Path(resource.lake), day_of(0), [f"1,10,{CANARY}", f"2,20,{CANARY}"])
    if table.source is None:
        publish(SHOP.table("shelf_counts"), resource.warehouse, [day_of(0)], "run")
    logging.getLogger("dagster").propagate = True
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([table_asset(table)], partition_key=str(day_of(0)), instance=instance, resources={"warehouse": resource}, raise_on_error=False)
        records = instance.all_logs(result.run_id)
    assert not result.success
    everything = "\n".join([*map(str, records), caplog.text])
    assert CANARY not in everything
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(everything)


def test_a_preview_shows_that_there_is_something_private_and_a_model_does_not_see_it(resource: WarehouseResource) -> None:
    write_day(Path(resource.lake), day_of(0), [f"1,10,{CANARY}", "2,20,"])
    seen: list[list[str]] = []

    def looks(shelf_counts: ir.Table, artifacts: object) -> Iterator[pa.RecordBatch]:
        seen.append(list(shelf_counts.columns))
        yield from ()

    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize([table_asset(SHOP.table("shelf_counts"))], partition_key=str(day_of(0)), instance=instance, resources={"warehouse": resource})
        (event,) = ran.asset_materializations_for_node("marts__shelf_counts")
    assert "| 1 | 10 | private |" in str(event.metadata["preview"].value)
    publish(like("mean_model", looks, lookback={}), resource.warehouse, [day_of(0)], "run")
    assert seen == [["batch_date", "shelf", "pieces", "source_file", "source_line"]]


def test_a_chart_does_not_receive_what_is_private(resource: WarehouseResource) -> None:
    write_day(Path(resource.lake), day_of(0), [f"1,10,{CANARY}"])
    publish(SHOP.table("shelf_counts"), resource.warehouse, [day_of(0)], "run")

    def chart(shelf_counts: ir.Table, day: object) -> Bars:
        return Bars(" ".join(shelf_counts.columns), [], {})

    shown = preview(dataclasses.replace(SHOP.table("shelf_counts"), show=chart), resource.warehouse, day_of(0))["chart"]
    assert shown.startswith(r"![batch\_date shelf pieces source\_file source\_line](data:image/svg")


def test_a_text_in_a_preview_stays_a_text(resource: WarehouseResource) -> None:
    write_shelves(Path(resource.lake), day_of(0), [(1, "tea | ![](http://a.b/c)\n<b>")])
    publish(SHOP.table("shelf_kinds"), resource.warehouse, [day_of(0)], "run")
    shown = preview(SHOP.table("shelf_kinds"), resource.warehouse, day_of(0))["preview"]
    assert shown.splitlines()[2:] == [r"| 1 | tea \| \!\[\]\(http\://a.b/c\) \<b\> | shelves/2017-01-01.parquet | 1 |"]


ADDRESS = {"name", "phone", "street", "postcode", "city"}
PRIVATE = {
    PACKAGE: {"lake/counts": {"words"}, "marts/shelf_counts": {"words"}},
    "batch_assets": {
        "lake/pos_log": {"customer_name", "postcode"},
        "marts/till_lines": {"customer_name", "postcode"},
        "marts/sales_lines": {"customer_name", "postcode"},
        "lake/contact_list": {"name", "email", "birth_year", "postcode"},
        "marts/contacts": {"name", "email", "birth_year", "postcode"},
        "lake/redemptions": {"name"},
        "marts/coupon_redemptions": {"name"},
        "lake/delivery_notes": ADDRESS,
        "marts/deliveries": ADDRESS,
        "lake/access_log": {"host"},
        "marts/page_views": {"host"},
        "lake/review_log": {"marketing_id"},
        "marts/reviews": {"marketing_id"},
        "lake/decision_log": {"decided_by"},
        "marts/customer_decisions": {"decided_by"},
        "marts/till_customers": {"given_name", "family_name", "postcode"},
        "marts/customer_records": {"given_name", "family_name", "postcode", "phone", "street", "email", "birth_year"},
    },
}
"""The private columns of each graph, by asset."""


@pytest.mark.parametrize("package", PRIVATE)
def test_what_is_private_is_tagged_in_the_ui(package: str) -> None:
    graph = build_defs(package).resolve_asset_graph()
    tagged = {key.to_user_string(): graph.get(key).metadata for key in graph.get_all_asset_keys() if "private" in graph.get(key).tags}
    columns = {name: {column.name for column in told["dagster/column_schema"].columns if "private" in column.tags} for name, told in tagged.items()}
    assert columns == PRIVATE[package]


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.expression is not None and not table.is_map], ids=lambda table: str(table.function.__module__)
)
def test_a_column_that_is_made_from_a_private_one_is_private_or_a_pseudonym(table: Table) -> None:
    assert table.expression is not None
    private = {name: found.contract.private() if isinstance(found := table.layers.find(name), Table) else found.private for name in table.reads}
    made = {name for name, of in column_lineage(table.expression).items() if any(column in private.get(source, ()) for source, column in of)}
    assert made & set(table.contract.columns()) <= {*table.contract.private(), *table.contract.pseudonyms()}


def test_a_prediction_with_a_private_column_is_refused() -> None:
    class Named(Contract):
        name: dt.String = Field(private=True, description="a name")

    with pytest.raises(DefinitionError, match=r"predictions\.expected_counts: name is private, and tables of predictions are published as files for everyone"):
        dataclasses.replace(SHOP.table("expected_counts"), contract=Named)


def test_a_private_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"lake\.pos_log: customer is private, and no field of it"):
        dataclasses.replace(pos_log, private=("customer",))
