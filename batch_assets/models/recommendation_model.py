"""The recommendation model that is in force on a day: trained once a week on what was known then, and judged by the weeks before."""

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from ..content import combined
from ..features._promoted import PLANNED
from ..features._purchases import LOOK_BACK as KNOWN_DAYS
from ..features._purchases import WEEK
from ..partitions import retrain_day
from ..settings import settings
from ..table.chart import Bars
from ..table.code_version import code_version, library_versions
from ..table.contract import Contract, Field
from ..table.model import ModelStore
from ..table.table import ALL, table
from ._batches import Batch, batches_of
from ._lightgbm import lightgbm
from ._recommendation.backtest import Score, score
from ._recommendation.factors import LIBRARY, Factors
from ._recommendation.fit import LIBRARIES, METHODS, NEGATIVES, OBJECTIVES, PARAMETERS, TREES, WEEKS, WEEKS_OF, Lessons, train
from ._recommendation.frame import BLEND, POPULAR
from ._recommendation.weeks import Weeks

BACKTESTS = 1
"""The methods are judged by so many weeks before the retrain day: one of some thousand customers tells good from bad, and another takes as long again."""

WARM_UP = 28
"""A week is trained on or judged by only if it comes after so many days of history."""

_BEFORE = 6 + WEEK * (BACKTESTS + WEEKS)
LOOK_BACK = {"customer_purchases": _BEFORE + KNOWN_DAYS, "promotions": _BEFORE + PLANNED, "products": ALL}

MODEL = "recommendation_model"
FITS = f"{MODEL}.fits"
JUDGED = f"{MODEL}.backtests"

_SETTINGS = {"parameters": dict(PARAMETERS), "objectives": OBJECTIVES, "trees": TREES, "weeks_of": WEEKS_OF, "negatives": NEGATIVES}
_DAY = datetime.timedelta(days=1)


class RecommendationModel(Contract):
    """The model in force on a day."""

    batch_date: dt.Date = Field(description="the day on which the model is in force")
    version: dt.String = Field(description="hash of training batches, parameters, features, code and libraries; also the name of the model's folder")
    files: dt.String = Field(description="hash of the files in that folder, by which they are checked when they are read")
    trained_on: dt.Date = Field(description="the retrain day; nothing that became known later was used")
    repeat_in_force: dt.String = Field(isin=[*METHODS], description="the method that ranks what a customer bought before: the best NDCG@10 of the backtests")
    discovery_in_force: dt.String = Field(isin=[*METHODS], description="the method that ranks what it never bought: the best hit rate@10 of the backtests")
    reason: dt.String = Field(description="why these methods were selected")
    card: dt.String = Field(description="model card as JSON: data, parameters, feature importances, backtests")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


def backtest_chart(recommendation_model: ir.Table, day: datetime.date) -> Bars:
    """Describe a chart of the backtests in the day's model card."""
    tests = json.loads(recommendation_model.filter(_.batch_date == day).card.execute()[0])["backtests"]
    series = {name: [test["ndcg"][name] for test in tests] for name in (tests[0]["ndcg"] if tests else [])}
    return Bars("NDCG@10 by backtest origin, more is better", [test["origin"] for test in tests], series)


@table(
    contract=RecommendationModel,
    lookback=LOOK_BACK,
    show=backtest_chart,
    kinds=("duckdb", "lightgbm"),
    libraries=LIBRARIES,
)
def recommendation_model(
    days: ir.Table, ledger: ir.Table, artifacts: ModelStore, customer_purchases: ir.Table, promotions: ir.Table, products: ir.Table
) -> Iterator[pa.RecordBatch]:
    """The recommendation model in force, and its model card. Grain: one row per batch_date."""
    asked = sorted(days.to_pyarrow()["batch_date"].to_pylist())
    batches, seen = batches_of(ledger), _Seen(Weeks(days, customer_purchases, promotions, products))
    rows = {}
    for trained_on in sorted(set(map(retrain_day, asked))):
        version = _version(batches, trained_on, "model")
        if not artifacts.has(MODEL, version):
            _train(artifacts, seen, batches, trained_on, version)
        rows[trained_on] = _row(artifacts, version)
    made = [{"batch_date": day, **rows[retrain_day(day)]} for day in asked]
    yield pa.RecordBatch.from_pylist(made, schema=RecommendationModel.arrow_schema())


def _version(batches: Sequence[Batch], day: datetime.date, what: str) -> str:
    """Return the hash of everything that a model, a fit for a backtest, or a backtest is made from, as known on a day."""
    weeks = WEEK * {"model": BACKTESTS + WEEKS, "fit": WEEKS, "backtest": 1 + WEEKS}[what]
    first = {"marts.customer_purchases": day - (weeks + KNOWN_DAYS) * _DAY, "marts.promotions": day - (weeks + PLANNED) * _DAY}
    used = [batch for batch in batches if first.get(batch.asset, datetime.date.min) <= batch.day <= day]
    contents = [f"{batch.asset} {batch.day} {batch.content}" for batch in used]
    form = json.dumps({"what": what, **_SETTINGS}, sort_keys=True)
    libraries = [f"{name} {version}" for name, version in library_versions(*LIBRARIES).items()]
    return combined([form, code_version(__name__), *libraries, str(day), *contents])[:16]


@dataclass
class _Seen:
    """What training sees of the weeks, which is kept: several models are trained on a week.

    Attributes:
        weeks: the weeks.
    """

    weeks: Weeks
    _lessons: dict[datetime.date, Lessons] = field(default_factory=dict)

    def after(self, origin: datetime.date) -> Lessons:
        """Return what training sees of the week after a day."""
        if origin not in self._lessons:
            self._lessons[origin] = Lessons.from_week(self.weeks.after(origin))
        return self._lessons[origin]

    def forget(self, before: datetime.date) -> None:
        """Forget the weeks after earlier days."""
        self._lessons = {origin: lessons for origin, lessons in self._lessons.items() if origin >= before}


def _train(artifacts: ModelStore, seen: _Seen, batches: Sequence[Batch], trained_on: datetime.date, version: str) -> None:
    """Train the model of a retrain day, judge it by the weeks before, and store it with its model card."""
    seen.forget(before=trained_on - (BACKTESTS + WEEKS) * WEEK * _DAY)
    tests = [_judged(artifacts, seen, batches, origin) for origin in _origins(trained_on, BACKTESTS)]
    files = _fitted(artifacts, seen, batches, trained_on)
    card = _card(trained_on, version, files, [test for test in tests if test.customers])
    if LIBRARY in (card["repeat_in_force"], card["discovery_in_force"]) and (factors := _factors(seen.weeks, trained_on)):
        files = {**files, **factors.as_file()}
    artifacts.put(MODEL, version, {**files, "card.json": json.dumps(card, indent=1)})


def _origins(day: datetime.date, count: int) -> list[datetime.date]:
    """Return the days after which the last weeks before a day began, oldest first: those with enough history."""
    origins = [day - n * WEEK * _DAY for n in range(count, 0, -1)]
    return [origin for origin in origins if (origin - settings.first_day).days >= WARM_UP]


def _fitted(artifacts: ModelStore, seen: _Seen, batches: Sequence[Batch], day: datetime.date) -> dict[str, str]:
    """Return the models that are trained on the weeks before a day; later backtests use them again."""
    version = _version(batches, day, "fit")
    if not artifacts.has(FITS, version):
        weeks = {origin: seen.after(origin) for origin in _origins(day, WEEKS)}
        told = {origin.isoformat(): {"candidates": week.candidates, "customers": week.customers} for origin, week in weeks.items()}
        artifacts.put(FITS, version, {"weeks.json": json.dumps(told, indent=1), **train([*weeks.values()])})
    return artifacts.all(FITS, version)


def _judged(artifacts: ModelStore, seen: _Seen, batches: Sequence[Batch], origin: datetime.date) -> Score:
    """Return how good the methods were in the week after a day; the retrain days of the weeks to come judge by it again."""
    version = _version(batches, origin + WEEK * _DAY, "backtest")
    if not artifacts.has(JUDGED, version):
        files, factors = _fitted(artifacts, seen, batches, origin), _factors(seen.weeks, origin)
        made = score(seen.weeks.after(origin), files, factors)
        artifacts.put(JUDGED, version, {"score.json": json.dumps(asdict(made), indent=1)})
    return Score(**json.loads(artifacts.get(JUDGED, version, "score.json")))


def _factors(weeks: Weeks, origin: datetime.date) -> Factors | None:
    """Return the factors as of a day; None if nobody bought anything."""
    bought = weeks.days_bought(origin)
    return Factors.fit(bought) if len(bought) else None


def _card(trained_on: datetime.date, version: str, files: Mapping[str, str], tests: Sequence[Score]) -> dict[str, Any]:
    ndcg, hit = (_means(tests, measure) for measure in ("ndcg", "hit"))
    repeat, discovery = _best(ndcg, BLEND), _best(hit, POPULAR)
    reason = "nothing to judge by: the methods that need no training"
    if tests:
        reason = f"the best in the week before: NDCG@10 {ndcg[repeat]:.4f} by {repeat}, and discoveries' hit rate@10 {hit[discovery]:.4f} by {discovery}"
    return {
        "model": MODEL,
        "version": version,
        "trained_on": trained_on.isoformat(),
        "weeks": json.loads(files["weeks.json"]),
        **_SETTINGS,
        "libraries": library_versions(*LIBRARIES),
        "importance": {name: _importance(files[f"{name}.txt"]) for name in OBJECTIVES if f"{name}.txt" in files},
        "backtests": [asdict(test) for test in tests],
        "repeat_in_force": repeat,
        "discovery_in_force": discovery,
        "reason": reason,
    }


def _means(tests: Sequence[Score], measure: str) -> dict[str, float]:
    """Return the mean of a measure over the backtests, by method that all of them judged."""
    of_each: list[dict[str, float]] = [getattr(test, measure) for test in tests]
    return {name: sum(of[name] for of in of_each) / len(of_each) for name in METHODS if of_each and all(name in of for of in of_each)}


def _best(means: Mapping[str, float], otherwise: str) -> str:
    """Return the method with the highest mean, the first in `METHODS` of equals."""
    return max(means, key=lambda name: means[name]) if means else otherwise


def _importance(model: str) -> dict[str, float]:
    """Return each feature's share of the total gain."""
    booster = lightgbm().Booster(model_str=model)
    gains = dict(zip(booster.feature_name(), booster.feature_importance("gain"), strict=True))
    total = float(sum(gains.values())) or 1.0
    return {name: round(float(gain) / total, 4) for name, gain in sorted(gains.items(), key=lambda item: (-item[1], item[0]))}


def _row(artifacts: ModelStore, version: str) -> dict[str, object]:
    card = json.loads(artifacts.get(MODEL, version, "card.json"))
    return {
        "version": version,
        "files": artifacts.files_hash(MODEL, version),
        "trained_on": datetime.date.fromisoformat(card["trained_on"]),
        **{name: card[name] for name in ("repeat_in_force", "discovery_in_force", "reason")},
        "card": json.dumps(card, sort_keys=True),
    }
