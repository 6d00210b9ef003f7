"""Noise: how much the accuracy moves when nothing that matters is changed: another seed, or another lake that is as likely.

Each seed trains the same models with other random numbers. Each lake lacks another one in fifty receipts, or has one line's amount
changed by a dollar; features, models and what is scored are made from it again. What lies within the spread cannot be told from luck.
So what was tried in training is compared seed by seed. In one more lake, a single line has 90,000 pieces.
What promotions are worth is measured on origins of all weekdays, since it depends on the weekday how much of the plan is known.

Only the median is trained here. A day's sales are scored as the backtests of the model do: at most what a day counts.
"""

import dataclasses
import datetime as dt
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import duckdb
import numpy as np
import pyarrow as pa

import batch_assets.models.demand_model as model
from batch_assets.engine.compile import compiled
from batch_assets.features._horizon import HORIZON
from batch_assets.models._demand import fit
from batch_assets.models._demand.backtest import wape
from batch_assets.models._demand.frame import Frame
from batch_assets.models._demand.known import Known, part_of
from batch_assets.partitions import days_between

from .accuracy import LEVEL, ORIGINS, OURS
from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Place, Workshop, tell

SEEDS = tuple(range(1, 7))
DROPPED = tuple(range(6))
"""Receipts whose hash has this remainder by 50 are left out, a lake for each."""

TRIED: dict[str, tuple[dict[str, object], int]] = {
    "15 leaves": ({"num_leaves": 15}, 50),
    "36 trees at a rate of .2, a bagging fraction of .4": ({"learning_rate": 0.2, "bagging_fraction": 0.4}, 36),
    "80 trees at a rate of .1": ({"learning_rate": 0.1}, 80),
    "150 trees of 63 leaves at a rate of .06": ({"learning_rate": 0.06, "num_leaves": 63}, 150),
}
"""Parameters and trees that differ from those in use, by name."""

PROMOTED = "promoted"
"""The feature that is left out to see what it is worth."""
_MANY_SINCE = dt.date(2017, 8, 1)
"""Every eighth day from here on is an origin, too, where many are needed."""

_LAKE = "select * from warehouse.marts.sales_lines where batch_date <= date '{last}'"
_ONE_LINE = "source_line = 2 and batch_date = '2017-09-20'"
_EXPRESSIONS = ("category_day_sales", "category_moves", "category_demand", "store_demand")

Errors = dict[str, float]
"""The mean error over the origins, by method."""


def measure(workshop: Workshop) -> list[Bar]:
    """Print the spread of the mean error over seeds and over lakes. There is no bar: it says how far to trust those of the accuracy."""
    place, last = workshop.later, ORIGINS[-1] + dt.timedelta(days=HORIZON)
    for name in ("products", "till_lines", "sales_lines", "promotions"):
        place.publish(name, YEAR_BEGINS, last)
    whole = _LAKE.format(last=last)
    known = _known(place, whole)
    frame = known.frame(_asked())
    seeds = [(f"seed {seed}", _errors(known, frame, {"seed": seed})) for seed in SEEDS]
    lakes = list(_other_lakes(place, whole))
    rows = [[name, f"{errors[OURS]:.4f}", f"{errors[LEVEL]:.4f}", f"{errors[OURS] / errors[LEVEL]:.3f}"] for name, errors in [*seeds, *lakes]]
    print_table(f"mean WAPE of {len(ORIGINS)} origins", ["made with", OURS, LEVEL, "ratio"], rows)
    for what, found in (("seeds", seeds), ("lakes", [lake for lake in lakes if "90,000" not in lake[0]])):
        ours, ratios = ([errors[OURS] / errors[by] if by else errors[OURS] for _, errors in found] for by in ("", LEVEL))
        print(f"  {len(found)} {what}: standard deviation {np.std(ours, ddof=1):.4f} of the WAPE, {np.std(ratios, ddof=1):.4f} of the ratio")
    _compare(known, frame, [errors[OURS] for _, errors in seeds])
    _compare_promotions(known, frame)
    return []


def _other_lakes(place: Place, whole: str) -> Iterator[tuple[str, Errors]]:
    lakes = {f"without receipts {n}/50": f"{whole} and hash(store_id, receipt_id) % 50 <> {n}" for n in DROPPED}
    lakes["with a dollar more"] = whole.replace("*", f"* replace (amount_cents + 100 * ({_ONE_LINE})::int as amount_cents)")
    lakes["with a line of 90,000 pieces"] = whole.replace("*", f"* replace (case when {_ONE_LINE} then 90000 else quantity end as quantity)")
    for name, lake in lakes.items():
        known = _known(place, lake)
        yield name, _errors(known, known.frame(_asked()))
        tell(f"  {name}")


def _compare(known: Known, frame: Frame, in_use: list[float]) -> None:
    """Print how what was tried differs from what is in use, with the same seeds."""
    rows = []
    for name, (parameters, trees) in TRIED.items():
        tell(f"  {name}")
        others = [_errors(known, frame, {**parameters, "seed": seed}, trees)[OURS] for seed in SEEDS]
        differences = np.subtract(others, in_use)
        rows.append([name, f"{np.mean(others):.4f}", f"{differences.mean():+.4f}", f"{differences.std(ddof=1) / np.sqrt(len(SEEDS)):.4f}"])
    print_table(f"tried with {len(SEEDS)} seeds, beside {np.mean(in_use):.4f} in use", ["", "mean WAPE", "difference", "its standard error"], rows)


def _compare_promotions(known: Known, frame: Frame) -> None:
    """Print how much the error grows, by origin, without what is known of promotions."""
    origins = [day for day in _asked() if day >= _MANY_SINCE]
    blind = dataclasses.replace(frame, features=frame.features.drop(columns=PROMOTED))
    of = [[_by_origin(known, seen, origins, {"seed": seed}) for seed in SEEDS[:3]] for seen in (frame, blind)]
    with_it, without = (np.mean([[errors[OURS] for errors in by_origin] for by_origin in by_seed], axis=0) for by_seed in of)
    worse = without - with_it
    rows = [["with promotions", f"{with_it.mean():.4f}", "", ""]]
    rows += [["without", f"{without.mean():.4f}", f"{worse.mean():+.4f}", f"{worse.std(ddof=1) / np.sqrt(len(origins)):.4f}"]]
    print_table(f"mean of {len(origins)} origins and 3 seeds", ["", "mean WAPE", "difference", "its standard error over origins"], rows)


def _errors(known: Known, frame: Frame, parameters: dict[str, object] | None = None, trees: int = fit.TREES["units"]) -> Errors:
    """Return the mean error of the model, and of the baseline, over the origins."""
    errors = _by_origin(known, frame, ORIGINS, parameters or {}, trees)
    return {name: float(np.mean([of[name] for of in errors])) for name in (OURS, LEVEL)}


def _by_origin(known: Known, frame: Frame, origins: Sequence[dt.date], parameters: dict[str, object], trees: int = fit.TREES["units"]) -> list[Errors]:
    few = {"units": trees, "lower": 1, "upper": 1}
    with patch.dict(fit.PARAMETERS, parameters), patch.dict(fit.TREES, few), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(lambda origin: _of_origin(known, frame, origin), origins))


def _of_origin(known: Known, frame: Frame, origin: dt.date) -> Errors:
    usable = known.opened(part_of(frame, _as_of(origin)), origin)
    forecaster = fit.Forecaster(fit.train(usable, known.sold(usable, origin)))
    to_come = part_of(frame, [origin])
    sold = known.sold(to_come, origin + dt.timedelta(days=HORIZON))
    return {OURS: wape(forecaster.forecast(to_come).units, sold), LEVEL: wape(to_come.baselines[LEVEL], sold)}


def _as_of(origin: dt.date) -> list[dt.date]:
    return model._as_of(origin, origin)


def _asked() -> list[dt.date]:
    return sorted({day for origin in ORIGINS for day in [origin, *_as_of(origin)]})


def _known(place: Place, lake: str) -> Known:
    """Return features and sales of a lake, made by the tables' own code, without publishing them."""
    asked = _asked()
    with duckdb.connect() as con:
        con.execute(f"attach '{place.warehouse.database}' as warehouse (read_only)")
        con.execute(f"create view sales_lines as {lake}")
        for name in ("products", "promotions"):
            con.execute(f"create view {name} as from warehouse.marts.{name}")
        _ask(con, days_between(YEAR_BEGINS, ORIGINS[-1] + dt.timedelta(days=HORIZON)))
        for name in _EXPRESSIONS:
            if name == "category_demand":
                _ask(con, asked)
            made = compiled(GRAPH.table(name))
            types = ", ".join(f'"{column}" {kind}' for column, kind in made.types.items())
            con.execute(f"create table {name} ({types}); insert into {name} {made.sql}")
        (calendar,) = GRAPH.table("target_calendar")(days=_Days(asked))
        sold = "select batch_date, category, units, sold_on as target_date from category_day_sales"
        returns = "select batch_date, category, units, moved_on, sold_on as target_date from category_moves where arrived_on >= moved_on"
        demand, store, sales, returned = (con.execute(query).df() for query in ("from category_demand", "from store_demand", sold, returns))
    return Known(demand, calendar.to_pandas(date_as_object=False), store, sales, returned)


class _Days:
    """Stands for the table `days`."""

    def __init__(self, asked: list[dt.date]) -> None:
        self._asked = asked

    def to_pyarrow(self) -> dict[str, pa.Array]:
        return {"batch_date": pa.array(self._asked)}


def _ask(con: duckdb.DuckDBPyConnection, days: list[dt.date]) -> None:
    con.execute("create or replace table days as select unnest(?::date[]) as batch_date", [days])
