"""Noise: how much the accuracy moves when nothing that matters is changed: another seed, or another lake that is as likely.

Each seed trains the same models with other random numbers. Each lake lacks another one in fifty receipts, or has one line's amount
changed by a dollar, and features, models and what is scored are made from it again. What lies within the spread of these figures cannot
be told from luck. Bounds of intervals are not trained here.
"""

import datetime as dt
from collections.abc import Iterator
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

SEEDS = tuple(range(1, 9))
DROPPED = tuple(range(8))
"""Receipts whose hash has this remainder by 50 are left out, a lake for each."""

_LAKE = "select * from warehouse.marts.sales_lines where batch_date <= date '{last}'"
_ONE_LINE = "source_line = 2 and batch_date = '2017-09-20'"
_EXPRESSIONS = ("category_day_sales", "category_moves", "category_demand", "store_demand")


def measure(workshop: Workshop) -> list[Bar]:
    """Print the spread of the mean error over seeds and over lakes. There is no bar: it says how far to trust those of the accuracy."""
    place, last = workshop.later, ORIGINS[-1]
    for name in ("products", "sales_lines"):
        place.publish(name, YEAR_BEGINS, last + dt.timedelta(days=HORIZON))
    found = list(_all(place))
    rows = [[name, f"{errors[OURS]:.4f}", f"{errors[LEVEL]:.4f}", f"{errors[OURS] / errors[LEVEL]:.3f}"] for name, errors in found]
    print_table(f"mean WAPE of {len(ORIGINS)} origins", ["made with", OURS, LEVEL, "ratio"], rows)
    for what in ("seed", "lake"):
        ours = [errors[OURS] for name, errors in found if name.startswith(what)]
        ratios = [errors[OURS] / errors[LEVEL] for name, errors in found if name.startswith(what)]
        print(f"  {len(ours)} {what}s: standard deviation {np.std(ours, ddof=1):.4f} of the WAPE, {np.std(ratios, ddof=1):.3f} of the ratio; "
              f"range {min(ours):.4f} to {max(ours):.4f}")  # fmt: skip
    return []


def _all(place: Place) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the errors of each seed, and of each lake."""
    whole = _LAKE.format(last=ORIGINS[-1] + dt.timedelta(days=HORIZON))
    known = _known(place, whole)
    for seed in SEEDS:
        tell(f"  seed {seed}")
        with patch.dict(fit.PARAMETERS, {"seed": seed}):
            yield f"seed {seed}", _errors(known)
    lakes = {f"lake without receipts {n}/50": f"{whole} and hash(store_id, receipt_id) % 50 <> {n}" for n in DROPPED}
    lakes["absurd: one line of 90,000 pieces"] = whole.replace("*", f"* replace (case when {_ONE_LINE} then 90000 else quantity end as quantity)")
    dearer = f"* replace (amount_cents + 100 * ({_ONE_LINE})::int as amount_cents)"
    lakes["lake with a dollar more"] = whole.replace("*", dearer)
    for name, lake in lakes.items():
        tell(f"  {name}")
        yield name, _errors(_known(place, lake))


def _errors(known: Known) -> dict[str, float]:
    """Return the mean error of the model, and of the baseline, over the origins."""
    frame = known.frame(_asked())
    errors = [_of_origin(known, frame, origin) for origin in ORIGINS]
    return {name: float(np.mean([of[name] for of in errors])) for name in (OURS, LEVEL)}


def _of_origin(known: Known, frame: Frame, origin: dt.date) -> dict[str, float]:
    usable = known.opened(part_of(frame, _as_of(origin)), origin)
    with patch.dict(fit.TREES, {"lower": 1, "upper": 1}):
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
        con.execute(f"create view sales_lines as {lake}; create view products as from warehouse.marts.products")
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
