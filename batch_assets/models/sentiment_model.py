"""The sentiment model: trained on each retrain day on the reviews with stars that had arrived by then; the best method by cross-validation is in force.

On other days, the row refers to the model of the last retrain day. A version depends only on its inputs, so days may run in any order.
"""

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from ..content import combined
from ..features._lexicon import VADER
from ..partitions import retrain_day
from ..table.chart import Bars
from ..table.code_version import code_version, library_versions
from ..table.contract import Contract, Field
from ..table.model import ModelStore
from ..table.table import table
from ._batches import Batch, batches_of
from ._sentiment.known import Labelled, labelled
from ._sentiment.methods import METHODS
from ._sentiment.race import Entrant, over_time, race, winner

TRAINING_DAYS = 364
"""A model learns from the reviews of so many days."""

BACKTEST_DAYS = 28
"""The backtest by time judges the reviews of the last so many days."""

LEAST_LABELLED = 200
"""With fewer reviews with stars, or fewer than a fifth of this of either kind, VADER is in force, uncalibrated."""

LOOK_BACK = 6 + TRAINING_DAYS
MODEL = "sentiment_model"
UNCALIBRATED = Entrant(None, 1.6, 0.0, 0.5, 0.0, 0.0)
"""VADER before there are enough reviews with stars: a slope, and nothing else."""

LIBRARIES = ("scikit-learn", "scipy", "numpy", "vaderSentiment")
"""Other versions of these may learn other weights from the same reviews."""

_DAY = datetime.timedelta(days=1)


class SentimentModel(Contract):
    """The model in force on a day."""

    batch_date: dt.Date = Field(description="the day on which the model is in force")
    version: dt.String = Field(description="hash of training batches, methods, code and libraries; also the name of the model's folder")
    files: dt.String = Field(description="hash of the files in that folder, by which they are checked when they are read")
    trained_on: dt.Date = Field(description="the retrain day; nothing that became known later was used")
    in_force: dt.String = Field(isin=[VADER, *METHODS], description="the method with the highest cross-validated AUC")
    reason: dt.String = Field(description="why that method is in force")
    reviews: dt.Int64 = Field(ge=0, description="reviews with stars that it was trained on")
    auc: dt.Float64 = Field(ge=0, le=1, description="cross-validated area under the ROC curve of the method in force; 0.5 if there was nothing to judge by")
    calibration_error: dt.Float64 = Field(ge=0, le=1, description="its expected calibration error in ten bins, cross-validated")
    card: dt.String = Field(description="model card as JSON: data, methods, cross-validation, backtest by time")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


def race_chart(sentiment_model: ir.Table, day: datetime.date) -> Bars:
    """Describe a chart of how well each method of the day's model card told positive reviews from others."""
    card = json.loads(sentiment_model.filter(_.batch_date == day).card.execute()[0])
    names = [*card["race"]]
    ways = {"cross-validation": [card["race"][name]["auc"] for name in names]}
    if card["backtest"]["auc"]:
        ways["latest four weeks"] = [card["backtest"]["auc"][name] for name in names]
    return Bars("AUC by method, more is better", names, ways)


@table(
    contract=SentimentModel,
    lookback=dict.fromkeys(("review_words", "lexicon_scores"), LOOK_BACK),
    show=race_chart,
    kinds=("duckdb", "scikitlearn"),
    libraries=LIBRARIES,
)
def sentiment_model(days: ir.Table, ledger: ir.Table, artifacts: ModelStore, review_words: ir.Table, lexicon_scores: ir.Table) -> Iterator[pa.RecordBatch]:
    """The sentiment model in force, and its model card. Grain: one row per batch_date."""
    as_of = sorted(days.to_pyarrow()["batch_date"].to_pylist())
    batches = batches_of(ledger)
    versions = {trained_on: _version(batches, trained_on) for trained_on in map(retrain_day, as_of)}
    if untrained := {day: version for day, version in versions.items() if not artifacts.has(MODEL, version)}:
        for trained_on, version in untrained.items():
            artifacts.put(MODEL, version, _trained(_known(review_words, lexicon_scores, trained_on), trained_on, version))
    rows = [{"batch_date": day, **_row(artifacts, versions[retrain_day(day)])} for day in as_of]
    yield pa.RecordBatch.from_pylist(rows, schema=SentimentModel.arrow_schema())


def _known(review_words: ir.Table, lexicon_scores: ir.Table, trained_on: datetime.date) -> Labelled:
    """Return what a model may learn from on its retrain day."""
    part = _.batch_date.between(trained_on - TRAINING_DAYS * _DAY, trained_on)
    return labelled(review_words.filter(part), lexicon_scores.filter(part))


def _version(batches: Sequence[Batch], trained_on: datetime.date) -> str:
    """Return the hash of everything that a model is trained from."""
    used = [batch for batch in batches if trained_on - TRAINING_DAYS * _DAY <= batch.day <= trained_on]
    contents = [f"{batch.asset} {batch.day} {batch.content}" for batch in used]
    libraries = [f"{name} {version}" for name, version in library_versions(*LIBRARIES).items()]
    return combined([code_version(__name__), *libraries, str(trained_on), *contents])[:16]


def _trained(reviews: Labelled, trained_on: datetime.date, version: str) -> dict[str, str]:
    """Return the files of a model, and its model card among them."""
    positive = int(reviews.positive.sum())
    is_enough = len(reviews) >= LEAST_LABELLED and min(positive, len(reviews) - positive) >= LEAST_LABELLED // 5
    entrants = race(reviews) if is_enough else {VADER: UNCALIBRATED}
    best = winner(entrants)
    found, origin = entrants[best], trained_on - BACKTEST_DAYS * _DAY
    others = ", ".join(f"{name}'s {entrant.auc:.4f}" for name, entrant in entrants.items() if name != best)
    few = f"of {len(reviews)} reviews with stars, {positive} are positive: fewer than {LEAST_LABELLED}, or than {LEAST_LABELLED // 5} of either kind"
    card = {
        "model": MODEL,
        "version": version,
        "trained_on": trained_on.isoformat(),
        "positive": "the customer gave five stars of five",
        "data": {"reviews": len(reviews), "positive": positive, "first": str(reviews.days[0]) if len(reviews) else None},
        "methods": {name: vars(method) for name, method in METHODS.items()},
        "libraries": library_versions(*LIBRARIES),
        "race": {name: {"auc": round(entrant.auc, 4), "ece": round(entrant.ece, 4)} for name, entrant in entrants.items()},
        "backtest": {"origin": origin.isoformat(), "days": BACKTEST_DAYS, "auc": over_time(reviews, origin) if is_enough else {}},
        "in_force": best,
        "reason": f"cross-validated AUC {found.auc:.4f} is above {others}" if is_enough else few,
    }
    return {**_files(best, found), "card.json": json.dumps(card, indent=1)}


def _files(name: str, entrant: Entrant) -> dict[str, str]:
    """Return the files that scoring needs."""
    form: dict[str, object] = {"method": name, "slope": entrant.slope, "offset": entrant.offset, "known_least": entrant.known_least}
    if not entrant.linear:
        return {"model.json": json.dumps(form, indent=1)}
    form |= {"intercept": entrant.linear.intercept, "negation": entrant.linear.negation}
    return {"model.json": json.dumps(form, indent=1), "weights.tsv": entrant.linear.text()}


def _row(artifacts: ModelStore, version: str) -> Mapping[str, object]:
    card = json.loads(artifacts.get(MODEL, version, "card.json"))
    result = card["race"][card["in_force"]]
    return {
        "version": version,
        "files": artifacts.files_hash(MODEL, version),
        "trained_on": datetime.date.fromisoformat(card["trained_on"]),
        "in_force": card["in_force"],
        "reason": card["reason"],
        "reviews": card["data"]["reviews"],
        "auc": result["auc"],
        "calibration_error": result["ece"],
        "card": json.dumps(card, sort_keys=True),
    }
