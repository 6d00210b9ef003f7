"""The demand model: trained on every retrain day on what was known then, judged by backtests, and in force if it wins.

On other days the row points to the model of the last retrain day. A version follows from its inputs alone: whichever
day is run first trains it, and every other one finds it, so days may be run in any order.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from ..artifacts import Artifacts
from ..code_version import code_version
from ..content import combined
from ..contract import Contract, Field
from ..errors import UntrainedError
from ..partitions import retrain_day
from ..settings import settings
from ..table import table
from ._demand.backtest import Score, score
from ._demand.fit import PARAMETERS, TREES, forecast, train
from ._demand.frame import Frame, Numbers, build_frame

TRAINING_DAYS = 336
"""As-of days that a model is trained on, at most: from so many days before its retrain day."""

AS_OF_STEP = 6
"""Every sixth as-of day is trained on: all weekdays take their turn."""

WARM_UP = 28
"""First days of the calendar that are not trained on: too little was known on them."""

BACKTESTS = 3
HORIZON = 14
LOOK_BACK = 6 + BACKTESTS * HORIZON + TRAINING_DAYS

MODEL = "demand_model"
BASELINE = "level x weekday"
LIGHTGBM = "lightgbm"

_DAY = datetime.timedelta(days=1)


class DemandModel(Contract):
    """The model that is in force on a day."""

    batch_date: dt.Date = Field(description="the day on which it is in force")
    version: dt.String = Field(description="hash of training batches, parameters, features and code: the model's folder")
    trained_on: dt.Date = Field(description="the retrain day: nothing that became known later was used")
    in_force: dt.String = Field(isin=[LIGHTGBM, BASELINE], description="the method that forecasts: the model, or the baseline that it did not beat")
    reason: dt.String = Field(description="why that method")
    wape_model: dt.Float64 = Field(ge=0, description="the model's error in the latest backtest")
    wape_baseline: dt.Float64 = Field(ge=0, description="the best baseline's error in the latest backtest")
    interval_factor: dt.Float64 = Field(gt=0, description="factor on the interval's width, from the backtests")
    card: dt.String = Field(description="JSON: data, parameters, features by importance, backtests")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


@dataclass(frozen=True)
class _Known:
    """All that was known, of which each retrain day uses its part."""

    demand: pd.DataFrame
    calendar: pd.DataFrame
    sales: pd.DataFrame
    ledger: pd.DataFrame


def backtest_chart(demand_model: ir.Table, day: datetime.date) -> str:
    """Return the latest card's backtests as a table."""
    from ..charts import bars

    card = json.loads(demand_model.filter(_.batch_date == day).card.execute()[0])
    origins = [test["origin"] for test in card["backtests"]]
    return bars(
        "WAPE by backtest origin, less is better", origins, {name: [test["wape"][name] for test in card["backtests"]] for name in card["backtests"][0]["wape"]}
    )


@table(
    contract=DemandModel,
    lookback=dict.fromkeys(("category_demand", "target_calendar", "category_day_sales"), LOOK_BACK),
    show=backtest_chart,
    kinds=("duckdb", "lightgbm"),
)
def demand_model(
    days: ir.Table, ledger: ir.Table, artifacts: Artifacts, category_demand: ir.Table, target_calendar: ir.Table, category_day_sales: ir.Table
) -> Iterator[pa.RecordBatch]:
    """Demand model in force, and its card. Grain: one row per batch_date."""
    as_of = sorted(days.to_pyarrow()["batch_date"].to_pylist())
    batches = ledger.to_pandas()
    rows: list[dict[str, object]] = []
    models: dict[datetime.date, dict[str, object]] = {}
    known: _Known | None = None
    for day in as_of:
        trained_on = retrain_day(day)
        _require_history(day, trained_on)
        if trained_on not in models:
            version = _version(batches, trained_on, "model")
            if not artifacts.has(MODEL, version):
                known = known or _Known(category_demand.to_pandas(), target_calendar.to_pandas(), _sold(category_day_sales), batches)
                _make(artifacts, known, trained_on, version)
            models[trained_on] = _row(version, json.loads(artifacts.get(MODEL, version, "card.json")))
        rows.append({"batch_date": day, **models[trained_on]})
    yield pa.RecordBatch.from_pylist(rows, schema=DemandModel.arrow_schema())


def _require_history(day: datetime.date, trained_on: datetime.date) -> None:
    history = (trained_on - settings.first_day).days + 1
    if history < settings.min_training_days:
        first = settings.first_day + (settings.min_training_days - 1) * _DAY
        first_retrain = first + (retrain_day(first) + 7 * _DAY - first) if retrain_day(first) != first else first
        raise UntrainedError(
            f"batch {day}: no demand model: on {trained_on} there were {max(history, 0)} days of history, and it takes {settings.min_training_days} "
            f"(setting min_training_days). The first day with a model is {first_retrain}.",
            day=day,
        )


def _version(batches: pd.DataFrame, trained_on: datetime.date, what: str) -> str:
    """Return the hash of all that a model, or a fit of it for a backtest, is made from."""
    first = trained_on - (TRAINING_DAYS + (BACKTESTS * HORIZON if what == "model" else 0)) * _DAY
    day = pd.to_datetime(batches["batch_date"]).dt.date
    used = batches[(day >= first) & (day <= trained_on)].sort_values(["asset", "batch_date"])
    contents = [f"{asset} {content}" for asset, content in zip(used["asset"], used["content"], strict=True)]
    form = json.dumps({"what": what, "parameters": PARAMETERS, "trees": TREES, "step": AS_OF_STEP}, sort_keys=True)
    return combined([form, code_version(__name__), str(trained_on), *contents])[:16]


def _make(artifacts: Artifacts, known: _Known, trained_on: datetime.date, version: str) -> None:
    """Train the model of a retrain day, judge it by backtests, and store it with its card."""
    files = _fit(artifacts, known, trained_on)
    origins = [trained_on - n * HORIZON * _DAY for n in range(BACKTESTS, 0, -1)]
    tests = [_backtest(artifacts, known, origin) for origin in origins if (origin - settings.first_day).days >= settings.min_training_days - 1 - HORIZON]
    card = _card(known, trained_on, version, files, tests)
    artifacts.put(MODEL, version, {**files, "card.json": json.dumps(card, indent=1)})


def _fit(artifacts: Artifacts, known: _Known, trained_on: datetime.date) -> Mapping[str, str]:
    """Return the models fitted on what was known on a day; they are kept, for each is a later day's backtest too."""
    fits, version = f"{MODEL}.fits", _version(known.ledger, trained_on, "fit")
    if not artifacts.has(fits, version):
        frame, sold = _training_frame(known, trained_on)
        artifacts.put(fits, version, train(frame, sold))
    return artifacts.all(fits, version)


def _training_frame(known: _Known, trained_on: datetime.date) -> tuple[Frame, Numbers]:
    """Return the rows whose demand was known on the retrain day, of every so many as-of days, and the demand."""
    warm = min(WARM_UP, settings.min_training_days // 4)
    as_of = [trained_on - n * _DAY for n in range(1, TRAINING_DAYS, AS_OF_STEP) if trained_on - n * _DAY >= settings.first_day + warm * _DAY]
    frame = _frame(known, as_of)
    usable = ((frame.keys["target_date"] <= pd.Timestamp(trained_on)) & ~frame.keys["is_closed"]).to_numpy(bool)
    sold = _sold_of(frame, known, trained_on)
    kept = Frame(frame.keys[usable], frame.features[usable], frame.scale[usable], {name: forecast[usable] for name, forecast in frame.baselines.items()})
    return kept, sold[usable]


def _backtest(artifacts: Artifacts, known: _Known, origin: datetime.date) -> Score:
    frame = _frame(known, [origin])
    sold = _sold_of(frame, known, origin + HORIZON * _DAY)
    return score(origin.isoformat(), frame, forecast(_fit(artifacts, known, origin), frame), sold)


def _frame(known: _Known, as_of: list[datetime.date]) -> Frame:
    days = pd.to_datetime(pd.Series(as_of))
    return build_frame(known.demand[known.demand["batch_date"].isin(days)], known.calendar[known.calendar["batch_date"].isin(days)])


def _sold(category_day_sales: ir.Table) -> pd.DataFrame:
    """Return units by category and day of sale, with the day on which they became known."""
    return category_day_sales.select("batch_date", "category", "units", target_date=_.sold_on).to_pandas()


def _sold_of(frame: Frame, known: _Known, as_of: datetime.date) -> Numbers:
    """Return the pieces sold of each row of a frame, as known on a day; none sold is 0."""
    sales = known.sales[known.sales["batch_date"] <= pd.Timestamp(as_of)]
    totals = sales.groupby(["category", "target_date"], as_index=False)["units"].sum()
    return frame.keys.merge(totals, how="left", on=["category", "target_date"])["units"].fillna(0).to_numpy(float)


def _card(known: _Known, trained_on: datetime.date, version: str, files: Mapping[str, str], tests: list[Score]) -> dict[str, object]:
    import lightgbm as lgb

    booster = lgb.Booster(model_str=files["units.txt"])
    gains = dict(zip(booster.feature_name(), booster.feature_importance("gain"), strict=True))
    total = float(sum(gains.values())) or 1.0
    latest = tests[-1]
    best = min((error, name) for name, error in latest.wape.items() if name != LIGHTGBM)
    wins = latest.wape[LIGHTGBM] < best[0]
    return {
        "model": MODEL,
        "version": version,
        "trained_on": trained_on.isoformat(),
        "data": {"first_as_of": max(trained_on - (TRAINING_DAYS - 1) * _DAY, settings.first_day).isoformat(), "last_target": trained_on.isoformat()},
        "parameters": {**PARAMETERS, "trees": TREES, "as_of_step": AS_OF_STEP},
        "importance": {name: round(float(gain) / total, 4) for name, gain in sorted(gains.items(), key=lambda item: (-item[1], item[0]))},
        "backtests": [asdict(test) for test in tests],
        "interval_factor": round(float(np.mean([test.widen for test in tests])), 4),
        "in_force": LIGHTGBM if wins else BASELINE,
        "reason": f"WAPE {latest.wape[LIGHTGBM]:.4f} {'beats' if wins else 'does not beat'} {best[1]}'s {best[0]:.4f} in the backtest of {latest.origin}",
        "wape_baseline": best[0],
    }


def _row(version: str, card: Mapping[str, Any]) -> dict[str, object]:
    return {
        "version": version,
        "trained_on": datetime.date.fromisoformat(str(card["trained_on"])),
        "in_force": card["in_force"],
        "reason": card["reason"],
        "wape_model": card["backtests"][-1]["wape"][LIGHTGBM],
        "wape_baseline": card["wape_baseline"],
        "interval_factor": card["interval_factor"],
        "card": json.dumps(card, sort_keys=True),
    }
