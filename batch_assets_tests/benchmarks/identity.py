"""Identity: how well the records of the departments are told together and apart, beside the truth, and what a day costs as more records are known.

The demo's year is linked batch by batch. Pairs of records are judged by the households that the demo made them of, which the pipeline never
reads. The library that compares records is judged on two public sets with a truth, by settings of its own kind. A day is then
measured beside growing numbers of known records, made from those of the year at other postcodes.
"""

import datetime as dt
import time
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from batch_assets.marts.customer_links import customer_links
from batch_assets.marts.customer_members import customer_members
from batch_assets.marts.customer_records import MARKETING, TILL, recipients
from batch_assets.table.contract import Contract

from . import febrl
from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Workshop, tell

LAST = dt.date(2017, 12, 26)
KNOWN = (13_000, 130_000, 1_000_000)
_RECORD = ["source", "source_key"]


def measure(workshop: Workshop) -> list[Bar]:
    """Print the figures and return the bars."""
    place = workshop.empty("identity")
    for table in GRAPH.with_upstreams(["customer_members"]):
        place.publish(table.name, YEAR_BEGINS, LAST)
    with place.warehouse.connect() as con:
        marts = {name: con.table(name, database="marts") for name in ("till_customers", "deliveries", "customer_records", "customer_links", "customer_members")}
        truth = ibis.memtable(_truth(workshop).to_pyarrow())
        tell("by links alone, without the decisions of the demo's clerk, who knows the truth")
        bars = _quality(_judged(marts | {"customer_members": _by_links_alone(marts)}, truth))
        tell("with the clerk's decisions")
        _quality(_judged(marts, truth))
        bars.append(_changed_otherwise(marts["customer_members"]))
        records, links = marts["customer_records"].to_pyarrow(), marts["customer_links"].to_pyarrow()
    return [*bars, *febrl.measure(), _growth(records, links)]


def _truth(workshop: Workshop) -> ir.Table:
    return ibis.read_parquet(workshop.lake.parent / "truth.parquet")


def _by_links_alone(marts: dict[str, ir.Table]) -> ir.Table:
    """Return customer_members as they would be if nobody had decided anything."""
    asked = marts["customer_members"].select("batch_date").distinct()
    nothing = ibis.memtable(_schema("customer_decisions").to_pyarrow().empty_table())
    known = {name: marts[name] for name in ("customer_records", "customer_links")}
    return ibis.memtable(pa.Table.from_batches(customer_members(days=asked, customer_decisions=nothing, **known)))


def _judged(marts: dict[str, ir.Table], truth: ir.Table) -> pa.Table:
    """Return the customer of each record at the end, and its household."""
    latest = marts["customer_members"].group_by(_RECORD).agg(customer_id=_.customer_id.argmax(_.batch_date))
    receipts = marts["till_customers"].select(source=ibis.literal(TILL), source_key=_.till_key, key=_.receipt_id.cast("string"))
    sent = recipients(marts["deliveries"]).select("source", "source_key", key=_.delivery_no.cast("string"))
    households = [
        rows.join(truth.filter(_.department == department), "key").select("source", "source_key", "household_id")
        for rows, department in ((receipts, "sales"), (sent, "deliveries"))
    ]
    contacts = truth.filter(_.department == "contacts").select(source=ibis.literal(MARKETING), source_key=_.key, household_id=_.household_id)
    found: pa.Table = latest.join(ibis.union(*households, contacts).distinct(), _RECORD).to_pyarrow()
    return found


def _quality(judged: pa.Table) -> list[Bar]:
    """Print precision and recall of pairs by the departments of their two records, and B-cubed; return the bars."""
    rows = ibis.memtable(judged)
    one = rows.mutate(place=_.source + " " + _.source_key)
    other = one.select("household_id", "customer_id", source_2="source", place_2="place")
    near = [one.join(other, [name]).filter(_.place < _.place_2) for name in ("household_id", "customer_id")]
    names = ["source", "source_2", "place", "place_2"]
    same, linked = near[0].select(*names), near[1].select(*names)
    counted = {
        "same": same.group_by("source", "source_2").agg(same=_.count()),
        "linked": linked.group_by("source", "source_2").agg(linked=_.count()),
        "both": same.semi_join(linked, ["place", "place_2"]).group_by("source", "source_2").agg(both=_.count()),
    }
    found: dict[tuple[str, str], dict[str, int]] = {}
    for name, counts in counted.items():
        for row in counts.to_pyarrow().to_pylist():
            pair = tuple(sorted((row["source"], row["source_2"])))
            of_pair = found.setdefault((pair[0], pair[1]), {"same": 0, "linked": 0, "both": 0})
            of_pair[name] += row[name]
    total = {name: sum(counts[name] for counts in found.values()) for name in ("same", "linked", "both")}
    shown = [(" and ".join(pair), counts) for pair, counts in sorted(found.items()) if counts["same"]] + [("all", total)]
    told = [[name, f"{c['same']:,}", f"{c['both'] / max(c['linked'], 1):.4f}", f"{c['both'] / c['same']:.4f}"] for name, c in shown]
    print_table(f"{judged.num_rows:,} records: pairs of one household", ["departments", "pairs", "precision", "recall"], told)
    sizes = {name: rows.group_by(columns).agg(**{name: _.count()}) for name, columns in _B_CUBED.items()}
    shares = rows.join(sizes["both"], _B_CUBED["both"]).join(sizes["linked"], _B_CUBED["linked"]).join(sizes["same"], _B_CUBED["same"])
    cubed = shares.agg(precision=(_.both / _.linked).mean(), recall=(_.both / _.same).mean()).to_pyarrow().to_pylist()[0]
    tell(f"  B-cubed precision {cubed['precision']:.4f}, recall {cubed['recall']:.4f}")
    return [
        Bar("pairs of records: precision", total["both"] / total["linked"], least=0.995),
        Bar("pairs of records: recall", total["both"] / total["same"], least=0.97),
        Bar("the lowest recall of two departments", min(c["both"] / c["same"] for _name, c in shown if c["same"] > _SOME), least=0.97),
    ]


_SOME = 100
"""Pairs of two departments, of which at least so many must be there for a share to mean anything."""

_B_CUBED = {"both": ["customer_id", "household_id"], "linked": ["customer_id"], "same": ["household_id"]}


def _changed_otherwise(members: ir.Table) -> Bar:
    """Count the records whose customer changed without a row that says so."""
    in_order = ibis.window(group_by=_RECORD, order_by="batch_date")
    rows = members.mutate(before=_.customer_id.lag().over(in_order))
    untold = rows.filter(~rows.before.identical_to(rows.was)).count().to_pyarrow().as_py()
    told = rows.group_by("why").agg(rows=_.count()).order_by("why").to_pyarrow().to_pylist()
    tell("  rows: " + ", ".join(f"{row['rows']:,} {row['why']}" for row in told))
    return Bar("customers whose number changed otherwise than by a row that says so", untold, most=0)


def _growth(records: pa.Table, links: pa.Table) -> Bar:
    """Measure a day's links and members beside growing numbers of known records; return how much longer it takes beside the most."""
    day, seconds = LAST, list[float]()
    new = records.filter(pc.equal(records["batch_date"], pa.scalar(day)))
    rows = []
    for known in KNOWN:
        con: Any = ibis.duckdb.connect()
        copies = -(-known // records.num_rows)
        con.create_table("customer_records", ibis.union(*(_moved(records, copy) for copy in range(copies))))
        con.create_table("customer_links", ibis.union(*(_moved_links(links, copy) for copy in range(copies))))
        con.create_table("customer_decisions", schema=_schema("customer_decisions"))
        tables = {name: con.table(name) for name in ("customer_records", "customer_links", "customer_decisions")}
        asked = ibis.memtable({"batch_date": [day]}, schema={"batch_date": "date"})
        started = time.perf_counter()
        linked = sum(batch.num_rows for batch in customer_links(days=asked, customer_records=tables["customer_records"]))
        between = time.perf_counter()
        changed = sum(batch.num_rows for batch in customer_members(days=asked, **tables))
        ended = time.perf_counter()
        seconds.append(ended - started)
        rows.append([f"{tables['customer_records'].count().execute():,}", f"{linked}", f"{changed}", f"{between - started:.2f}", f"{ended - between:.2f}"])
    print_table(f"A day ({new.num_rows} new records) beside known ones", ["known", "links", "members", "links: s", "members: s"], rows)
    return Bar("seconds of a day beside 1,000,000 known records, by those beside 13,000", seconds[-1] / seconds[0], most=10)


def _moved(records: pa.Table, copy: int) -> ir.Table:
    """Return the records as of other people at other postcodes; copy 0 is the records themselves, those of the last day among them."""
    rows = ibis.memtable(records)
    if not copy:
        return rows
    moved = {name: rows[name] + f"-{copy}" for name in ("source_key", "postcode", "phone", "email", "street")}
    return rows.filter(_.batch_date < LAST).mutate(**moved, given_name=rows.given_name + _word(copy)).select(rows.columns)


def _moved_links(links: pa.Table, copy: int) -> ir.Table:
    rows = ibis.memtable(links).filter(_.batch_date < LAST)
    return rows.mutate(left_key=rows.left_key + f"-{copy}", right_key=rows.right_key + f"-{copy}").select(rows.columns) if copy else rows


def _word(copy: int) -> str:
    """Return letters that make a name another one."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{copy:03}")


def _schema(name: str) -> ibis.Schema:
    contract: type[Contract] = GRAPH.table(name).contract
    return ibis.Schema.from_pyarrow(contract.arrow_schema())
