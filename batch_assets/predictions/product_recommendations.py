"""Product recommendations: for each active customer the products it is most likely to buy in the next 7 days, and those it never bought."""

from functools import lru_cache
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..models._recommendation.fit import LIBRARIES, Ranker
from ..models._recommendation.frame import build_frame, places
from ..table.contract import Contract, Field
from ..table.model import Version
from ..table.table import table
from ._reasons import KINDS, reason_of

TOP = 10
"""The length of each list."""

REPEAT, DISCOVERY = "repeat", "discovery"
_DECIMALS = 6
_KEY = ["batch_date", "customer_id", "product_id"]
_LARGE = ("_id", "_cents", "_score", "_link")
"""How the names of those whole numbers end that may not fit into a small type."""


class ProductRecommendations(Contract):
    """Recommendations made at the end of a batch day."""

    batch_date: dt.Date = Field(description="the day at the end of which the list was made")
    customer_id: dt.Int64 = Field(ge=0, pseudonym=True, description="customer, as in customer_purchases")
    list: dt.String = Field(isin=[REPEAT, DISCOVERY], description="`repeat`: what it bought before; `discovery`: what it never bought")
    rank: dt.Int64 = Field(ge=1, le=TOP, description="place in the list")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    product: dt.String = Field(description="its type, or its category if it has none")
    score: dt.Float64 = Field(description="score by the method in force: higher is likelier; comparable within one customer and list")
    reason_kind: dt.String = Field(isin=[*KINDS], description="kind of reason")
    reason_count: dt.Int64 = Field(ge=0, nullable=True, description="its purchases, or customers")
    reason_every: dt.Int64 = Field(ge=1, nullable=True, description="days between two purchases, on average")
    reason_days: dt.Int64 = Field(ge=0, nullable=True, description="days since the purchase that it speaks of")
    reason_product_id: dt.Int64 = Field(gt=0, nullable=True, description="the product that it speaks of, if another")
    reason: dt.String = Field(description="the reason in words")
    model_version: dt.String = Field(description="version of recommendation_model in force on batch_date")

    class Config:
        """One row per batch_date, customer_id, list and rank."""

        unique = ["batch_date", "customer_id", "list", "rank"]


def to_rank(customer_candidates: ir.Table, customer_product: ir.Table) -> ir.Table:
    """Return the candidates of each customer with all that is known of them; counts in a small type, since all of it is put in order in memory."""
    rows = customer_candidates.join(customer_product, _KEY)
    counts = [name for name, kind in rows.schema().items() if kind.is_integer() and not name.endswith(_LARGE)]
    return rows.mutate(**{name: rows[name].cast("int32") for name in counts})


@table(
    contract=ProductRecommendations,
    scores=to_rank,
    together=("batch_date", "customer_id"),
    kinds=("duckdb", "lightgbm", "parquet"),
    libraries=LIBRARIES,
)
def product_recommendations(rows: pa.RecordBatch, recommendation_model: Version) -> pa.RecordBatch:
    """The ten best products of each list, and why. Grain: one row per batch_date, customer_id, list and rank."""
    ranker = _ranker(recommendation_model)
    made = []
    for day in pc.unique(rows["batch_date"]):
        of_day = rows.filter(pc.equal(rows["batch_date"], day)).sort_by([(name, "ascending") for name in _KEY])
        frame = build_frame(of_day)
        for name, chosen in ((REPEAT, frame.known), (DISCOVERY, ~frame.known)):
            of_list = frame.where(chosen)
            scores = ranker.scores(recommendation_model.row[f"{name}_in_force"], of_list)
            rank = places(of_list.customer, of_list.product, scores)
            top = np.flatnonzero(rank <= TOP)
            shown = of_day.take(np.flatnonzero(chosen)[top]).to_pylist()
            made += [
                {"list": name, "rank": place, "score": round(score, _DECIMALS), "model_version": recommendation_model.version, **_told(row)}
                for row, place, score in zip(shown, rank[top].tolist(), scores[top].tolist(), strict=True)
            ]
    return pa.RecordBatch.from_pylist(made, schema=ProductRecommendations.arrow_schema())


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return which product it is, and the reason."""
    reason = reason_of(row)
    parts = {"reason_kind": reason.kind, "reason_count": reason.count, "reason_every": reason.every, "reason_days": reason.days}
    return {name: row[name] for name in (*_KEY, "product")} | parts | {"reason_product_id": reason.product_id, "reason": reason.words}


@lru_cache(maxsize=2)
def _ranker(model: Version) -> Ranker:
    """Return a version's models; cached, so that they are parsed once."""
    return Ranker(model.files)
