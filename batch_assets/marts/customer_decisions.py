"""What people decided about records of customers. Invalid decisions are rejected with the reason. A decision holds until a later one about the same pair."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._identity.history import NOT_SAME, SAME
from ._once import last_of_each
from .customer_records import SOURCES

_KEYS = ("left_source", "left_key", "right_source", "right_key")


class CustomerDecisions(Contract):
    """Decisions about pairs of records."""

    batch_date: dt.Date = Field(description="day on which it was written down, from which on it holds")
    left_source: dt.String = Field(isin=[*SOURCES], description="department of one record, the first by department and key")
    left_key: dt.String = Field(description="its key")
    right_source: dt.String = Field(isin=[*SOURCES], description="department of the other record")
    right_key: dt.String = Field(description="its key")
    decision: dt.String = Field(isin=[SAME, NOT_SAME], description="`same`: they are one customer; `not same`: they are not")
    decided_by: dt.String = Field(private=True, description="who says so")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date and pair of records."""

        unique = ["batch_date", *_KEYS]


@table(contract=CustomerDecisions)
def customer_decisions(decision_log: ir.Table) -> ir.Table:
    """Decisions about records of customers. Grain: one row per batch_date and pair, left before right."""
    typed = decision_log.mutate(**{name: one_form(decision_log[name]) for name in (*_KEYS, "decision", "decided_by")})
    swapped = (typed.left_source > typed.right_source) | ((typed.left_source == typed.right_source) & (typed.left_key > typed.right_key))
    other = {name: name.replace("left", "x").replace("right", "left").replace("x", "right") for name in _KEYS}
    ordered = typed.mutate(**{name: ibis.ifelse(swapped, typed[other[name]], typed[name]) for name in _KEYS})
    judged = ordered.mutate(
        reject_reason=ibis.cases(
            *((_[name].isnull(), f"{name} is missing") for name in (*_KEYS, "decided_by")),
            *((_[name].notin(SOURCES), f"{name} is not {', '.join(SOURCES[:-1])} or {SOURCES[-1]}") for name in ("left_source", "right_source")),
            (~_.decision.isin([SAME, NOT_SAME]).fill_null(False), f"decision is not {SAME} or {NOT_SAME}"),
            ((_.left_source == _.right_source) & (_.left_key == _.right_key), "both records are the same one"),
        )
    )
    corrected = last_of_each(judged, *_KEYS, otherwise="a later line of the day decides about the same pair")
    return corrected.select(*CustomerDecisions.columns(), "reject_reason")
