"""A day's own till lines as text, each with the dirt drawn for it.

Belongs here: the columns of the till log, and turning sales into its lines. Does not belong here: which lines end up
in which file, and where (`till.py`).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .dirt import CLEAN, LATEST, RATES, draw_kinds, move_to_accents, spoil
from .identities import typed
from .seeds import generator
from .source import Source

COLUMNS = (
    "receipt_id",
    "line_no",
    "sold_at",
    "store_id",
    "customer_name",
    "postcode",
    "product_id",
    "quantity",
    "amount",
    "retail_discount",
    "coupon_discount",
    "coupon_match_discount",
)
_MONEY = {
    "amount": "sales_value",
    "retail_discount": "retail_disc",
    "coupon_discount": "coupon_disc",
    "coupon_match_discount": "coupon_match_disc",
}


@dataclass(frozen=True)
class Draft:
    """The lines sold on one day, in till order. Every attribute has one element per line.

    Attributes:
        text: the lines without newline, with dirt applied.
        kinds: the kind of dirt of each line, `CLEAN` for most.
        keys: what identifies each line: `receipt_id`, `line_no`, `product_id`.
        arrives: the calendar index of the day whose file contains each line.
        copied_to: where a copy of the line goes if it is repeated: a position between two lines.
    """

    text: list[str]
    kinds: NDArray[np.str_]
    keys: list[dict[str, int]]
    arrives: NDArray[np.int64]
    copied_to: NDArray[np.floating]


def draft(source: Source, dirtier: float, day: dt.date) -> Draft:
    """Write the lines of one day and draw their dirt. The result does not depend on which days are built."""
    sales, chance, today = source.sales(day), generator("till dirt", day), source.calendar.index(day)
    cells = _cells(sales, day)
    kinds = draw_kinds(len(sales), {kind: rate * dirtier for kind, rate in RATES.items()}, chance)
    ascii_only = pc.call_function("string_is_ascii", [cells["customer_name"]]).to_numpy(zero_copy_only=False)
    move_to_accents(kinds, ~ascii_only.astype(bool), chance)
    if day == source.calendar[-1]:
        kinds[kinds == "late"] = CLEAN
    text: list[str] = pc.call_function("binary_join_element_wise", [*cells.values(), ","]).to_pylist()
    for row in np.flatnonzero(kinds != CLEAN).tolist():
        text[row] = spoil(str(kinds[row]), {name: column[row].as_py() for name, column in cells.items()}, chance)
    delays = np.where(kinds == "late", chance.integers(1, LATEST + 1, len(sales)), 0)
    rows = np.arange(len(sales))
    copied_to = rows + 0.5 + np.floor(chance.random(len(sales)) * (len(sales) - 1 - rows))
    keys = sales.select(["receipt_id", "line_no", "product_id"]).to_pylist()
    return Draft(text, kinds, keys, np.minimum(today + delays, len(source.calendar) - 1), copied_to)


def _cells(sales: pa.Table, day: dt.date) -> dict[str, pa.Array]:
    """Return the till log's columns as text, quoted where CSV requires it."""
    names, postcodes = _customers(sales, day)
    times = np.datetime_as_string(sales["sold_at"].to_numpy(), unit="s", timezone="UTC")
    text = {name: _text(sales[name]) for name in ("receipt_id", "line_no", "store_id", "product_id", "quantity")}
    text |= {name: _text(sales[given].cast(pa.decimal128(12, 2), safe=False)) for name, given in _MONEY.items()}
    text["sold_at"] = pa.array(times.tolist(), pa.string())
    text["customer_name"] = pa.array([f'"{name}"' if "," in name else name for name in names], pa.string())
    text["postcode"] = pa.array(postcodes, pa.string())
    return {name: text[name] for name in COLUMNS}


def _customers(sales: pa.Table, day: dt.date) -> tuple[list[str], list[str]]:
    """Return a name and a postcode for each line, the same on all lines of a receipt."""
    _, first, receipt_of = np.unique(sales["receipt_id"].to_numpy(), return_index=True, return_inverse=True)
    households = sales["household_id"].to_numpy()[first].tolist()
    names, postcodes = typed(households, generator("names", day))
    return [names[i] for i in receipt_of.tolist()], [postcodes[i] for i in receipt_of.tolist()]


def _text(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()
