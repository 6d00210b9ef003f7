"""Plain sums are found through casts, unions, joins and sums of sums, and nothing else is taken for one."""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pytest
from ibis import _

from .plain_sums import plain_sums

SOLD = ibis.table({"day": "date", "shop": "int64", "units": "int64", "cents": "int64"}, name="sold")
SHOPS = ibis.table({"shop": "int64", "town": "string"}, name="shops")


@pytest.mark.parametrize(
    "make",
    [
        lambda sold: sold.group_by("day").agg(units=_.units.sum()),
        lambda sold: sold.group_by("day").agg(units=_.units.sum().fill_null(0).cast("int64")),
        lambda sold: sold.left_join(SHOPS, "shop").group_by("day", "town").agg(units=_.units.sum()),
        lambda sold: sold.group_by("day", "shop").agg(some=_.units.sum()).group_by("day").agg(units=_.some.sum()),
        lambda sold: (
            sold.group_by("day").agg(units=_.units.sum()).union(sold.select("day", units=ibis.literal(0, "int64"))).group_by("day").agg(units=_.units.sum())
        ),
        lambda sold: sold.group_by("day").agg(units=_.units.sum()).filter(_.units > 3),
    ],
)
def test_a_plain_sum_is_found(make: Callable[[ir.Table], ir.Table]) -> None:
    assert plain_sums(make(SOLD)) == {"units": {("sold", "units")}}


@pytest.mark.parametrize(
    "make",
    [
        lambda sold: sold.select("day", "units"),
        lambda sold: sold.filter(_.shop > 1).group_by("day").agg(units=_.units.sum()),
        lambda sold: sold.group_by("day").agg(units=_.units.sum(where=_.shop > 1)),
        lambda sold: sold.group_by("day").agg(units=(_.units * _.units).sum(), most=_.units.max(), rows=_.count()),
    ],
)
def test_what_is_no_plain_sum_is_none(make: Callable[[ir.Table], ir.Table]) -> None:
    assert plain_sums(make(SOLD)) == {}
