"""The demand model: trained on each retrain day on what was known then, evaluated by backtests, and in force if it wins.

On other days, the row refers to the model of the last retrain day. A version depends only on its inputs: whichever day
runs first trains it and the other days reuse it, so days may run in any order.
"""

import datetime
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from ..content import combined
from ..errors import UntrainedError
from ..features._horizon import HORIZON
from ..partitions import retrain_day
from ..settings import settings
from ..table.chart import Bars
from ..table.code_version import code_version, library_versions
from ..table.contract import Contract, Field
from ..table.model import ModelStore
from ..table.table import table
from ._batches import Batch, batches_of
from ._demand.backtest import Score, score
from ._demand.fit import EVERY, PARAMETERS, TREES, Forecaster, train
from ._demand.frame import BASELINES
from ._demand.known import Known, as_of_days, part_of
from ._lightgbm import lightgbm

TRAINING_DAYS = 336
"""The length of the training window: a model is trained on as-of days from this many days before its retrain day."""

AS_OF_STEP = 8
"""Every eighth as-of day is used for training, so that all weekdays occur."""

WARM_UP = 28
"""The first days of the calendar are not used for training: too little was known on them."""

MOST_FITS_AT_ONCE = 8
"""Each fit takes about a hundred megabytes."""

BACKTESTS = 3
LOOK_BACK = 6 + BACKTESTS * HORIZON + TRAINING_DAYS

MODEL = "demand_model"
FITS = f"{MODEL}.fits"
LIGHTGBM = "lightgbm"

LIBRARIES = (LIGHTGBM, "numpy", "pandas")
"""Other versions of these may train other trees of the same data."""

_DAY = datetime.timedelta(days=1)


class DemandModel(Contract):
    """The model in force on a day."""

    batch_date: dt.Date = Field(description="the day on which the model is in force")
    version: dt.String = Field(description="hash of training batches, parameters, features, code and libraries; also the name of the model's folder")
    files: dt.String = Field(description="hash of the files in that folder, by which they are checked when they are read")
    trained_on: dt.Date = Field(description="the retrain day; nothing that became known later was used")
    in_force: dt.String = Field(isin=[LIGHTGBM, *BASELINES], description="forecasting method: the model, or the best baseline if the model does not beat it")
    reason: dt.String = Field(description="why that method was selected")
    wape_model: dt.Float64 = Field(ge=0, description="the model's WAPE in the latest backtest in which the store was open")
    wape_baseline: dt.Float64 = Field(ge=0, description="the best baseline's WAPE in the same backtest")
    interval_factor: dt.Float64 = Field(gt=0, description="factor applied to the width of the prediction interval, from the backtests")
    card: dt.String = Field(description="model card as JSON: data, parameters, feature importances, backtests")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


def backtest_chart(demand_model: ir.Table, day: datetime.date) -> Bars:
    """Describe a chart of the backtests in the day's model card."""
    card = json.loads(demand_model.filter(_.batch_date == day).card.execute()[0])
    origins = [test["origin"] for test in card["backtests"]]
    return Bars(
        "WAPE by backtest origin, less is better", origins, {name: [test["wape"][name] for test in card["backtests"]] for name in card["backtests"][0]["wape"]}
    )


@table(
    contract=DemandModel,
    lookback=dict.fromkeys(("category_demand", "target_calendar", "store_demand", "category_day_sales", "category_moves"), LOOK_BACK),
    show=backtest_chart,
    kinds=("duckdb", "lightgbm"),
    libraries=LIBRARIES,
)
def demand_model(
    days: ir.Table,
    ledger: ir.Table,
    artifacts: ModelStore,
    category_demand: ir.Table,
    target_calendar: ir.Table,
    store_demand: ir.Table,
    category_day_sales: ir.Table,
    category_moves: ir.Table,
) -> Iterator[pa.RecordBatch]:
    """The demand model in force, and its model card. Grain: one row per batch_date."""
    as_of = sorted(days.to_pyarrow()["batch_date"].to_pylist())
    batches = batches_of(ledger)
    for day in as_of:
        _require_history(day, retrain_day(day))
    versions = {trained_on: _version(batches, trained_on, "model") for trained_on in map(retrain_day, as_of)}
    if untrained := {day: version for day, version in versions.items() if not artifacts.has(MODEL, version)}:
        sold = category_day_sales.select("batch_date", "category", "units", target_date=_.sold_on)
        returns = category_moves.filter(_.arrived_on >= _.moved_on).select("batch_date", "category", "units", "moved_on", target_date=_.sold_on)
        known = Known(category_demand.to_pandas(), target_calendar.to_pandas(), store_demand.to_pandas(), sold.to_pandas(), returns.to_pandas())
        asked_by = {retrain_day(day): day for day in reversed(as_of)}
        for trained_on in untrained:
            _require_demand(known, asked_by[trained_on], trained_on)
        _train(artifacts, known, batches, untrained)
    models = {trained_on: _row(artifacts, version) for trained_on, version in versions.items()}
    rows = [{"batch_date": day, **models[retrain_day(day)]} for day in as_of]
    yield pa.RecordBatch.from_pylist(rows, schema=DemandModel.arrow_schema())


def _require_history(day: datetime.date, trained_on: datetime.date) -> None:
    history = (trained_on - settings.first_day).days + 1
    if history < settings.min_training_days:
        first = settings.first_day + (settings.min_training_days - 1) * _DAY
        first_retrain = first + (retrain_day(first) + 7 * _DAY - first) if retrain_day(first) != first else first
        raise UntrainedError(
            f"batch {day}: no demand model: on {trained_on} there were {max(history, 0)} days of history, but {settings.min_training_days} are needed "
            f"(setting min_training_days). The first day with a model is {first_retrain}.",
            day=day,
        )


def _require_demand(known: Known, day: datetime.date, trained_on: datetime.date) -> None:
    if not known.can_train(_as_of(trained_on, trained_on), trained_on):
        why = f"none was sold regularly on a day up to {trained_on} whose demand is known since"
    elif not _judged(known, trained_on):
        why = f"none was sold regularly early enough for a backtest, {HORIZON} to {BACKTESTS * HORIZON} days before {trained_on}"
    else:
        return
    raise UntrainedError(
        f"batch {day}: no demand model: of all categories, {why}. Which are is in features.category_demand: "
        "see there, and in marts.category_day_sales, whether products and sales have arrived.",
        day=day,
    )


def _version(batches: Sequence[Batch], trained_on: datetime.date, what: str) -> str:
    """Return the hash of everything that a model, or a fit for a backtest, is trained from."""
    first = trained_on - (TRAINING_DAYS + (BACKTESTS * HORIZON if what == "model" else 0)) * _DAY
    contents = [f"{batch.asset} {batch.day} {batch.content}" for batch in batches if first <= batch.day <= trained_on]
    form = json.dumps({"what": what, "parameters": PARAMETERS, "trees": TREES, "every": EVERY, "step": AS_OF_STEP}, sort_keys=True)
    libraries = [f"{name} {version}" for name, version in library_versions(*LIBRARIES).items()]
    return combined([form, code_version(__name__), *libraries, str(trained_on), *contents])[:16]


def _train(artifacts: ModelStore, known: Known, batches: Sequence[Batch], versions: Mapping[datetime.date, str]) -> None:
    """Train the models of some retrain days, evaluate each by backtests, and store it with its model card."""
    tests = {trained_on: _judged(known, trained_on) for trained_on in versions}
    fits = _fit(artifacts, known, batches, sorted({*versions, *(origin for origins in tests.values() for origin in origins)}))
    scores = {origin: _backtest(known, origin, artifacts.all(FITS, fits[origin])) for origin in sorted({o for origins in tests.values() for o in origins})}
    for trained_on, version in versions.items():
        files = artifacts.all(FITS, fits[trained_on])
        card = _card(trained_on, version, files, [scores[origin] for origin in tests[trained_on]])
        artifacts.put(MODEL, version, {**files, "card.json": json.dumps(card, indent=1)})


def _origins(trained_on: datetime.date) -> list[datetime.date]:
    """Return the origins of a retrain day's backtests, oldest first: only days with enough history."""
    origins = [trained_on - n * HORIZON * _DAY for n in range(BACKTESTS, 0, -1)]
    return [origin for origin in origins if (origin - settings.first_day).days >= settings.min_training_days - 1 - HORIZON]


def _judged(known: Known, trained_on: datetime.date) -> list[datetime.date]:
    """Return those of a retrain day's origins on which there was something to forecast, and something to train on."""
    return [origin for origin in _origins(trained_on) if known.has_demand(origin) and known.can_train(_as_of(origin, origin), origin)]


def _fit(artifacts: ModelStore, known: Known, batches: Sequence[Batch], days: Sequence[datetime.date]) -> dict[datetime.date, str]:
    """Fit on what was known on each day, in parallel; return the fits' versions. Fits are stored, since later backtests reuse them."""
    versions = {day: _version(batches, day, "fit") for day in days}
    missing = [day for day in days if not artifacts.has(FITS, versions[day])]
    if missing:
        frame = known.frame(_as_of(missing[0], missing[-1]))

        def fit(day: datetime.date) -> None:
            usable = known.opened(part_of(frame, _as_of(day, day)), day)
            artifacts.put(FITS, versions[day], train(usable, known.sold(usable, day)))

        with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_FITS_AT_ONCE)) as pool:
            list(pool.map(fit, missing))
    return versions


def _as_of(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return the training as-of days for the retrain days from `first` to `last`."""
    warm = min(WARM_UP, settings.min_training_days // 4)
    return as_of_days(last, max(first - (TRAINING_DAYS - 1) * _DAY, settings.first_day + warm * _DAY), AS_OF_STEP)


def _backtest(known: Known, origin: datetime.date, fit: Mapping[str, str]) -> Score:
    over = origin + HORIZON * _DAY
    frame = known.opened(known.frame([origin]), over)
    return score(origin.isoformat(), frame, Forecaster(fit).forecast(frame), known.sold(frame, over))


def _card(trained_on: datetime.date, version: str, files: Mapping[str, str], tests: list[Score]) -> dict[str, object]:
    lgb = lightgbm()

    booster = lgb.Booster(model_str=files["units.txt"])
    gains = dict(zip(booster.feature_name(), booster.feature_importance("gain"), strict=True))
    total = float(sum(gains.values())) or 1.0
    latest = next((test for test in reversed(tests) if any(test.wape.values())), tests[-1])
    best = min((error, name) for name, error in latest.wape.items() if name != LIGHTGBM)
    wins = latest.wape[LIGHTGBM] < best[0]
    return {
        "model": MODEL,
        "version": version,
        "trained_on": trained_on.isoformat(),
        "data": {"first_as_of": _as_of(trained_on, trained_on)[0].isoformat(), "last_target": trained_on.isoformat()},
        "parameters": {**PARAMETERS, "trees": TREES, "every": EVERY, "as_of_step": AS_OF_STEP},
        "libraries": library_versions(*LIBRARIES),
        "importance": {name: round(float(gain) / total, 4) for name, gain in sorted(gains.items(), key=lambda item: (-item[1], item[0]))},
        "backtests": [asdict(test) for test in tests],
        "interval_factor": round(float(np.mean([test.widen for test in tests])), 4),
        "in_force": LIGHTGBM if wins else best[1],
        "reason": f"WAPE {latest.wape[LIGHTGBM]:.4f} {'beats' if wins else 'does not beat'} {best[1]}'s {best[0]:.4f} in the backtest of {latest.origin}",
        "wape_model": latest.wape[LIGHTGBM],
        "wape_baseline": best[0],
    }


def _row(artifacts: ModelStore, version: str) -> dict[str, object]:
    card = json.loads(artifacts.get(MODEL, version, "card.json"))
    return {
        "version": version,
        "files": artifacts.files_hash(MODEL, version),
        "trained_on": datetime.date.fromisoformat(str(card["trained_on"])),
        "in_force": card["in_force"],
        "reason": card["reason"],
        "wape_model": card["wape_model"],
        "wape_baseline": card["wape_baseline"],
        "interval_factor": card["interval_factor"],
        "card": json.dumps(card, sort_keys=True),
    }
