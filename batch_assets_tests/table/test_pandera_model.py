"""A contract as pandera's model: the same columns, and pandera is imported for nothing else."""

import subprocess
import sys

import ibis.expr.datatypes as types
import pytest
from pandera.errors import SchemaInitError

from batch_assets.table.contract import Contract, Field
from batch_assets.table.graph import Graph
from batch_assets.table.pandera_model import model_of

from .. import shop


class Every(Contract):
    """Every kind of rule for a column."""

    batch_date: types.Date = Field(description="day")
    key: types.String = Field(unique=True, nullable=True, str_matches="^a", description="a name of its own")
    kind: types.String = Field(isin=["a", "b"], description="kind")
    share: types.Float64 = Field(gt=0, lt=1, description="share")
    count: types.Int64 = Field(ge=0, le=9, description="count")

    class Config:
        """One row per day and kind."""

        unique = ["batch_date", "kind"]


CONTRACTS = [Every, *(table.contract for package in ("batch_assets", shop.PACKAGE) for table in Graph(package).tables())]
NAMES = {"gt": "greater_than", "ge": "greater_than_or_equal_to", "lt": "less_than", "le": "less_than_or_equal_to", "isin": "isin", "str_matches": "str_matches"}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_pandera_has_the_columns_and_the_rules_of_every_contract(contract: type[Contract]) -> None:
    schema, columns = model_of(contract).to_schema(), contract.columns()
    assert schema.strict is True
    assert schema.unique == contract.grain()
    assert list(schema.columns) == list(columns)
    for name, column in columns.items():
        panderas = schema.columns[name]
        assert panderas.dtype.type == column.type
        assert (panderas.nullable, panderas.unique, panderas.description) == (column.nullable, column.unique, column.description)
        assert {check.name for check in panderas.checks} == {NAMES[check] for check in column.checks}


def test_an_option_that_pandera_does_not_know_is_refused() -> None:
    class Misspelt(Contract):
        """A contract with a slip."""

        least: types.Int64 = Field(gee=0, description="the least")

    with pytest.raises(SchemaInitError, match="gee"):
        model_of(Misspelt)


def test_a_contract_is_known_without_pandera() -> None:
    code = """
import sys
from batch_assets.table.graph import Graph
assert all(table.contract.columns() for table in Graph("batch_assets").tables())
assert not [name for name in sys.modules if name.partition(".")[0] == "pandera"]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
