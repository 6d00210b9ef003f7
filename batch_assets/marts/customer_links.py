"""Which records are of one customer: pairs with their weights and evidence, of each day's new or changed records with all that are known.

A link holds from its day on. What looks alike but may be two people waits for a person's decision (`customer_decisions`), status `review`.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._identity.comparison import COMPARISONS, compared
from ._identity.guards import LEAST, LINKED, REVIEW, judged
from ._identity.versions import versions

_DECIMALS = 4


class CustomerLinks(Contract):
    """Pairs of records that are, or may be, of one customer."""

    batch_date: dt.Date = Field(description="day on which the later of the two records became as it is")
    left_source: dt.String = Field(description="department of one record, the first by department and key")
    left_key: dt.String = Field(pseudonym=True, description="its key")
    right_source: dt.String = Field(description="department of the other record")
    right_key: dt.String = Field(pseudonym=True, description="its key")
    status: dt.String = Field(isin=[LINKED, REVIEW], description="`linked`: one customer; `review`: a person should say whether they are")
    why: dt.String = Field(description="why it has this status")
    match_weight: dt.Float64 = Field(description="log2 of how much likelier one customer is than two, before anything else is known")
    probability: dt.Float64 = Field(ge=0, le=1, description="that they are one customer, by the weight alone")
    evidence: dt.String = Field(description="in what they agree, and what weight that has")

    class Config:
        """One row per batch_date and pair of records."""

        unique = ["batch_date", "left_source", "left_key", "right_source", "right_key"]


@table(contract=CustomerLinks, lookback={"customer_records": ALL}, kinds=("duckdb", "splink"), libraries=("splink",))
def customer_links(days: ir.Table, customer_records: ir.Table) -> Iterator[pa.RecordBatch]:
    """Pairs of records that are, or may be, of one customer. Grain: one row per batch_date and pair, left before right."""
    asked = days.to_pyarrow()["batch_date"].to_pylist()
    records = versions(asked, customer_records)
    if not records.num_rows:
        return
    known = ibis.memtable(records)
    pairs = judged(ibis.memtable(compared(records, LEAST)), known, asked)
    left, right = (known.select(**{f"id_{side[0]}": _.id, f"{side}_source": _.source, f"{side}_key": _.source_key}) for side in ("left", "right"))
    named = pairs.join(left, "id_l").join(right, "id_r")
    told = named.mutate(match_weight=_.match_weight.round(_DECIMALS), probability=_.match_probability.round(_DECIMALS), evidence=_evidence(named)).select(
        *CustomerLinks.columns()
    )
    yield from told.order_by(*CustomerLinks.grain()).to_pyarrow().to_batches()


def _evidence(pairs: ir.Table) -> ir.StringValue:
    """Return what is known of both records, such as `name one slip +11.0, postcode the same +9.9`."""
    told = []
    for comparison in COMPARISONS:
        gamma, weight = pairs[f"gamma_{comparison.name}"], pairs[f"mw_{comparison.name}"]
        level = ibis.cases(*((gamma == number, name) for name, number in comparison.gammas().items()))
        signed = ibis.ifelse(weight < 0, "", "+") + weight.cast("decimal(6, 1)").cast("string")
        told.append(ibis.literal(f"{comparison.name.replace('_', ' ')} ") + level + " " + signed)
    return ibis.array(told).filter(lambda part: part.notnull()).join(", ")
