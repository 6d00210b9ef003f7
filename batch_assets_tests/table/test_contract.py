"""Contracts declare: columns in order with their types, scalar or nested, and the grain."""

import ibis.expr.datatypes as types
import pyarrow as pa
import pytest

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
    assert {name: (str(c.dtype.type), c.nullable, c.description) for name, c in columns.items()} == {
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


@pytest.mark.parametrize("contract", [Contract, Samples])
def test_a_column_that_no_contract_names_is_a_breach(contract: type[Contract]) -> None:
    assert contract.to_schema().strict is True
