"""Probes: for each operation that any table's expression has, with its types and literals, an expression of it alone over rows of all kinds.

They are made from the expressions, so an operation that a new table brings has its probe. Belongs here: what is asked of both engines. Does not
belong here: the answer (`test_probes.py`).
"""

import datetime as dt
import math
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import ibis
import ibis.expr.datatypes as idt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from batch_assets.table.graph import Graph, configured_graph

from ... import shop

ROWS = 300

COPIES = 6
"""Columns of each type: an operation of two texts gets two different ones."""

TEXTS = [
    *(
        "1",
        "-7",
        "007",
        "1.5",
        "1,50",
        "-0",
        "999999999999999999",
        "1e3",
        " 5",
        "5 ",
        "",
        "\t6\x0b",
        "NULL",
        "x",
        "X",
        "a,b,c",
        ",",
        "~",
        "\\1",
        "$1",
        "'quote'",
        "5\n",
    ),
    *(
        "Straße",
        "İstanbul",
        "ΑΣ",
        "ﬁn",
        "e\u0301té",
        "été",
        "naïve",
        "Zoë O'Neil",
        "Doe, Jane",
        "Jane Doe",
        "J. Doe",
        "de la Cruz, M.",
        "a\u00a0b",
        "\ufeffmark",
    ),
    *("2017-01-01", "2017-02-30", "1969-12-31", "24.12.2017", "31.02.2017", "2017-05-05T14:03:00Z", "2017-05-05T24:03:00Z", "2017-05-05T14:03:00"),
    *("05/May/2017:14:03:00 -0400", "31/Feb/2017:14:03:00 +0000", "C100001", "C1", "08772", "12345", "0044 30 1234567", "+1 (555) 010-9999"),
    *("ann@example.com", "two @ signs@x", "www.example.com/x?y", "HTTPS://EXAMPLE.COM", "12 Elm Street, 08772", "mid=C100001; x=1", "line\nbreak"),
    *("GET /offers/26?utm_campaign=26&utm_content=1&utm_medium=email HTTP/1.1", "GET /products/12/ HTTP/2", "POST x", "/products/7?x", "?utm_medium=letter"),
    *(
        "<b>good</b> &amp; cheap",
        "--dash - dash\u2014",
        "\x1b[1mbold",
        "it is great, I love it!",
        "das ist sehr gut und nicht teuer",
        "это хорошо",
        "très bien mais cher",
    ),
    *("email", "letter", "redeemed", "clicked", "sent", "MILK", "FUEL", "same", "not same", "till", "0123456789abcdef", "b", "f"),
]
"""Texts as departments send them, and others."""

DAYS = [dt.date(2017, 1, 1) + dt.timedelta(days=n) for n in range(0, 40, 3)] + [dt.date(1969, 12, 31), dt.date(2016, 2, 29), dt.date(2036, 1, 1)]
TIMES = [dt.datetime.combine(day, dt.time(hour, 59, 59, micros)) for day in DAYS[::2] for hour in (0, 6, 23) for micros in (0, 500_000, 999_999)]


SCALARS: dict[type[idt.DataType], list[Any]] = {
    idt.Boolean: [True, False],
    idt.Int8: [0, 1, 2, -3, 7, 11],
    idt.Integer: [0, 1, 2, 3, 5, -1, -7, 12, 31, 99, 100],
    idt.Floating: [0.25, 1.0, -1.5, 0.285, 1.005, 2.5, 0.1, 0.3, 1e-7, 123456.789, 0.999999, 7.0, 0.5, -0.5],
    idt.Decimal: [Decimal(cents).scaleb(-2) for cents in (0, 1, -5, 150, -250, 99999)],
    idt.String: TEXTS,
    idt.Date: DAYS,
    idt.Timestamp: TIMES,
}


def pool(kind: idt.DataType) -> list[Any]:
    """Return values of a type."""
    if isinstance(kind, idt.Array):
        some = pool(kind.value_type)
        return [[], [None], *([value] for value in some[:3]), some[:5], [*some[3:6], None], [some[0], some[0]]]
    if isinstance(kind, idt.Struct):
        return [{name: pool(of)[n % len(pool(of))] for name, of in kind.fields.items()} for n in range(5)]
    return next(values for of, values in SCALARS.items() if isinstance(kind, of))


class Probes:
    """The probes of all tables' expressions, each a value over the columns of one table of rows."""

    def __init__(self) -> None:
        """Go through every expression of the project's graph, and of the tests' own shop."""
        every = [table.expression for table in [*configured_graph().tables(), *Graph(shop.PACKAGE).tables()] if table.expression is not None]
        nodes = [node for expression in every for node in expression.op().find(ops.Value)]
        kinds = {_named(node.dtype): node.dtype.copy(nullable=True) for node in nodes}
        of_rows = {name: kind for name, kind in kinds.items() if not kind.is_interval() and not kind.is_null()}
        columns = {f"{copy} {name}": kind for name, kind in of_rows.items() for copy in range(COPIES)}
        self.table = ibis.table({"id": "int64", "of": "int64", "unique": "date", "odd": "float64", **columns}, name="probed")
        self.of_one_row: list[ops.Value] = []
        self.of_many: list[ops.Value] = []
        for probe in dict.fromkeys(probe for node in nodes for probe in self._probes_of(node)):
            (self.of_many if isinstance(probe, ops.Reduction) else self.of_one_row).append(probe)
        self.of_one_row += [value.op() for value in self._others()]
        self.of_many += [self.table[name].quantile(part).op() for name in ("0 float64", "1 float64", "id") for part in (0.1, 0.37, 0.9)]

    def rows(self) -> pa.Table:
        """Return rows of all kinds, in no order, the same ones each time."""
        chance = random.Random(0)
        columns: dict[str, list[Any]] = {
            "id": list(range(ROWS)),
            "of": [n % 7 for n in range(ROWS)],
            "odd": [(math.nan, math.inf, None, 1.5, 0.0)[n % 5] for n in range(ROWS)],
            "unique": [dt.date(2017, 1, 1) + dt.timedelta(days=n * 7 % ROWS) for n in range(ROWS)],
        }
        for name, kind in self.table.schema().items():
            if name not in columns:
                values = pool(kind)
                columns[name] = [None if chance.random() < 0.1 else chance.choice(values) for _ in range(ROWS)]
        return pa.table(columns, schema=self.table.schema().to_pyarrow()).take(chance.sample(range(ROWS), ROWS))

    def _others(self) -> list[ir.Value]:
        """Return what Spark's compiler spells out and no table has at present."""
        number, price, odd = self.table["0 float64"], self.table["0 decimal(18, 2)"], self.table.odd
        shares = [price / self.table["0 int64"].nullif(0), price / 3, number / 3]
        whole = [number.cast("int64"), number.cast("int32"), (-number).cast("int64"), price.cast("int64")]
        text, texts = self.table["0 string"], self.table["0 array<string>"]
        lists = [text.find("a"), text.split(""), text.split(","), texts.sort(), texts.join("-"), text.split("").sort().join("")]
        rounded = [number.round(digits) for digits in (0, 1, 2, 3)]
        return [*shares, *whole, *rounded, *lists, odd.isnull(), odd.notnull(), odd.fill_null(7.0)]

    def _probes_of(self, node: ops.Value) -> Iterator[ops.Value]:
        # What a window has is probed in it; a sum of none is of no type.
        is_part = isinstance(node, ops.Field | ops.Literal | ops.SortKey | ops.Unnest | ops.Analytic | ops.WindowBoundary)
        if not is_part and not node.dtype.is_interval():
            self._used, self._column_of = count(), dict[ops.Value, str]()
            yield self._alone(node)

    def _alone(self, node: ops.Value) -> ops.Value:
        """Return an operation whose operands are columns; literals stay, and what is ordered is ordered wholly."""
        in_window = isinstance(node, ops.WindowFunction | ops.WindowBoundary)
        parts = {name: self._operand(part, whole=in_window or isinstance(node, ops.TryCast)) for name, part in zip(node.argnames, node.args, strict=True)}
        if isinstance(node, ops.ArgMin | ops.ArgMax):
            parts["key"] = self.table.unique.op()
        if isinstance(node, ops.Divide | ops.FloorDivide):
            parts["right"] = ops.NullIf(parts["right"], 0)
        if isinstance(node, ops.Sqrt):
            parts["arg"] = ops.Abs(parts["arg"])
        if (isinstance(node, ops.WindowFunction) and node.how == "rows" and node.order_by) or isinstance(node, ops.ArrayCollect):
            parts["order_by"] = (*(parts["order_by"] if in_window else ()), ops.SortKey(self.table.id.op(), ascending=True))
        return type(node)(**parts)

    def _operand(self, part: Any, *, whole: bool) -> Any:
        """Return a column in place of an operand. A window's function is kept, and, where it is `whole`, what a text was checked by."""
        if isinstance(part, tuple):
            return tuple(self._operand(each, whole=whole) for each in part)
        if isinstance(part, ops.Relation):
            return self.table.op()
        if not isinstance(part, ops.Value) or isinstance(part, ops.Literal) or part.dtype.is_null():
            return part
        if isinstance(part, ops.SortKey | ops.WindowBoundary) or part.dtype.is_interval() or (whole and isinstance(part, ops.Analytic | ops.Reduction)):
            return self._alone(part)
        if whole and isinstance(part, _CHECKS):
            return type(part)(**{name: self._operand(each, whole=True) for name, each in zip(part.argnames, part.args, strict=True)})
        column = self._column_of.setdefault(part, f"{next(self._used) % COPIES} {_named(part.dtype)}")
        return self.table[column].op()


_CHECKS = (ops.IfElse, ops.RegexSearch, ops.Substring, ops.StringReplace, ops.StringConcat, ops.SearchedCase, ops.Equals)
"""What a text is checked by, and put together of, before a number or a time is made of it."""


def _named(kind: idt.DataType) -> str:
    return str(kind.copy(nullable=True)).lower()
