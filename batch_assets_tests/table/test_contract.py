"""Contracts declare: columns in order with their types, scalar or nested, and the grain."""

import ibis.expr.datatypes as types
import pyarrow as pa

from batch_assets.table.contract import Contract, Field, Nested


class Reasons(Nested):
    """What something was made from."""

    type = types.Array(types.Struct({"what": types.string, "share": types.float64}))


class Samples(Contract):
    """Every kind of column."""

    batch_date: types.Date = Field(description="day")
    key: types.String = Field(nullable=True, description="text")
    reasons: Reasons = Field(description="an array of structs")

    class Config:
        """One row per day and key."""

        unique = ["batch_date", "key"]


def test_columns_are_known_in_their_order_with_type_and_meaning() -> None:
    columns = Samples.columns()
    assert {name: (str(c.type), c.nullable, c.description) for name, c in columns.items()} == {
        "batch_date": ("date", False, "day"),
        "key": ("string", True, "text"),
        "reasons": ("array<struct<what: string, share: float64>>", False, "an array of structs"),
    }
    assert list(columns) == ["batch_date", "key", "reasons"]


def test_the_grain_is_what_is_unique() -> None:
    assert Samples.grain() == ["batch_date", "key"]


def test_batches_from_python_have_the_contracts_types() -> None:
    schema = Samples.arrow_schema()
    assert schema.types == [pa.date32(), pa.string(), pa.list_(pa.struct([("what", pa.string()), ("share", pa.float64())]))]


class Others(Samples):
    """The same, but for a column."""

    key: types.Int64 = Field(ge=0, description="number")
    more: types.Float64 = Field(private=True, description="one more")


def test_a_contract_has_what_its_base_has_unless_it_says_otherwise() -> None:
    assert {name: str(column.type) for name, column in Others.columns().items()} == {
        "batch_date": "date",
        "key": "int64",
        "reasons": "array<struct<what: string, share: float64>>",
        "more": "float64",
    }
    assert (Others.grain(), Others.private(), Others.columns()["key"].checks) == (["batch_date", "key"], ["more"], {"ge": 0})
    assert Samples.columns()["key"].nullable
