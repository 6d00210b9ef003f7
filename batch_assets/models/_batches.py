"""The batches that a model may be made from, as the ledger has them: with code, parameters and libraries, they are what a version is a hash of."""

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir


@dataclass(frozen=True, order=True)
class Batch:
    """A published batch of a table.

    Attributes:
        asset: the table, such as `features.category_demand`.
        day: its batch_date.
        content: the hash of its rows.
    """

    asset: str
    day: dt.date
    content: str


def batches_of(ledger: ir.Table) -> list[Batch]:
    """Return the batches of a ledger, in an order that is theirs and not the ledger's."""
    return sorted(Batch(row["asset"], row["batch_date"], row["content"]) for row in ledger.to_pyarrow().to_pylist())
