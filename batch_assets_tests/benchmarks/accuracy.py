"""Accuracy: the published demand forecasts compared with baselines and AutoETS, on the days after each origin.

Scores cover all categories that the project forecasts and all 14 days ahead; on closed days, every method forecasts 0. WAPE
is the sum of absolute errors divided by the sum of units sold, where units sold include late arrivals. Each method sees only
what was known on the origin, with zeros for days without sales. Coverage is the share of rows of open days whose demand lies
within [lower, upper], bounds included.
"""

import datetime as dt

import numpy as np
import pandas as pd

from batch_assets.models._demand.backtest import wape
from batch_assets.models._demand.frame import Numbers, build_frame, joined

from .bars import Bar, print_table
from .workshop import Place, Workshop, tell

ORIGINS = (dt.date(2017, 10, 2), dt.date(2017, 10, 30), dt.date(2017, 11, 27), dt.date(2017, 12, 11))
HORIZON = 14
OURS, LEVEL, ETS = "demand_forecast", "level x weekday", "AutoETS"
METHODS = ("seasonal naive", LEVEL, ETS, OURS)

_SOLD = "select category, sold_on, sum(units)::double as units from marts.category_day_sales where batch_date <= ? group by all order by all"


def measure(workshop: Workshop) -> list[Bar]:
    """Print the errors of each origin and return the bars."""
    place = workshop.later
    tell("publishing what the origins need")
    last = ORIGINS[-1]
    place.publish_features(last, last_sales=last + dt.timedelta(days=HORIZON))
    for name in ("demand_model", "demand_forecast"):
        for origin in ORIGINS:
            place.publish(name, origin, origin)
    scored = pd.concat([_forecasts(place, origin) for origin in ORIGINS], ignore_index=True)
    _print(scored)
    errors = _errors(scored)
    mean = {method: float(np.mean([by_origin[method] for by_origin in errors.values()])) for method in METHODS}
    is_open = scored[~scored["is_closed"]]
    return [
        Bar(f"mean WAPE beside {LEVEL}", mean[OURS] / mean[LEVEL], most=0.97),
        Bar(f"mean WAPE beside {ETS}", mean[OURS] / mean[ETS], most=0.92),
        Bar("coverage of the 80 % interval", float(_covered(is_open).mean()), least=0.75, most=0.85),
        Bar("crossings (lower > units or units > upper)", _crossings(scored), most=0),
        Bar("negative forecasts", _negatives(scored), most=0),
    ]


def _forecasts(place: Place, origin: dt.date) -> pd.DataFrame:
    """Return a row for each category and day ahead: what each method forecast, and what was sold."""
    with place.warehouse.connect() as con:
        ours = con.con.execute("select * from predictions.demand_forecast where batch_date = ? order by category, target_date", [origin]).df()
        demand = con.con.execute("select * from features.category_demand where batch_date = ?", [origin]).df()
        calendar = con.con.execute("select * from features.target_calendar where batch_date = ?", [origin]).df()
        store = con.con.execute("select * from features.store_demand where batch_date = ?", [origin]).df()
        known = con.con.execute(_SOLD, [origin]).df()
        after = con.con.execute(_SOLD, [origin + dt.timedelta(days=HORIZON)]).df()
    frame = build_frame(joined(demand, calendar, store))
    scored = frame.keys[["batch_date", "category", "target_date", "is_closed"]].assign(**frame.baselines)
    scored = scored.merge(_autoets(known, sorted(set(scored["category"])), origin), how="left", on=["category", "target_date"])
    scored.loc[scored["is_closed"], ETS] = 0.0
    scored = scored.merge(ours.rename(columns={"units": OURS})[["category", "target_date", OURS, "lower", "upper"]], how="left", on=["category", "target_date"])
    sold = after.rename(columns={"sold_on": "target_date", "units": "sold"})
    scored = scored.merge(sold, how="left", on=["category", "target_date"]).fillna({"sold": 0.0})
    if scored.isna().any(axis=None):
        raise ValueError(f"{origin}: a method has no forecast for some of the rows")
    return scored


def _autoets(known: pd.DataFrame, categories: list[str], origin: dt.date) -> pd.DataFrame:
    """Return AutoETS's forecasts, each category's series taken for itself, with its zeros."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    tell(f"  AutoETS of {len(categories)} categories as of {origin}")
    days = pd.date_range(known["sold_on"].min(), origin)
    wide = known.pivot_table(index="sold_on", columns="category", values="units").reindex(index=days, columns=categories).fillna(0.0)
    series = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    made = StatsForecast([AutoETS(season_length=7)], freq="D", n_jobs=-1).forecast(df=series, h=HORIZON)
    made[ETS] = np.maximum(made[ETS], 0.0)
    return pd.DataFrame(made).rename(columns={"unique_id": "category", "ds": "target_date"})


def _errors(scored: pd.DataFrame) -> dict[str, dict[str, float]]:
    def of(rows: pd.DataFrame, method: str) -> float:
        return wape(_numbers(rows[method]), _numbers(rows["sold"]))

    return {f"{day:%Y-%m-%d}": {method: of(rows, method) for method in METHODS} for day, rows in scored.groupby("batch_date")}


def _print(scored: pd.DataFrame) -> None:
    errors = _errors(scored)
    open_days = scored[~scored["is_closed"]]
    covered = {f"{day:%Y-%m-%d}": _covered(rows).mean() for day, rows in open_days.groupby("batch_date")}
    totals = {f"{day:%Y-%m-%d}": rows[OURS].sum() / rows["sold"].sum() for day, rows in scored.groupby("batch_date")}
    rows = [[day, *(f"{by_method[method]:.4f}" for method in METHODS), f"{covered[day]:.3f}", f"{totals[day]:.2f}"] for day, by_method in errors.items()]
    means = [f"{np.mean([by_method[method] for by_method in errors.values()]):.4f}" for method in METHODS]
    print_table(
        f"WAPE, {HORIZON} days ahead, {len(scored):,} forecasts; of which {len(scored) - len(open_days):,} are of closed days, 0 by every method",
        ["as of", *METHODS, "coverage", "forecast total / sold"],
        [*rows, ["mean", *means, f"{_covered(open_days).mean():.3f}", f"{np.mean(list(totals.values())):.2f}"]],
    )
    hindsight = np.mean([_in_hindsight(rows) for _, rows in scored.groupby("batch_date")])
    print(f"  mean WAPE if each category's total of the {HORIZON} days and each day's total of all categories were known in advance: {hindsight:.4f}")
    print(f"  crossings: {_crossings(scored)}, negatives: {_negatives(scored)}")


def _in_hindsight(rows: pd.DataFrame) -> float:
    """Return the error that is left to a forecast that has no error by category, nor by day: what none can be expected to beat."""
    sold = rows["sold"]
    by_category, by_day = (rows.groupby(of)["sold"].transform("sum") for of in ("category", "target_date"))
    return wape(_numbers(by_category * by_day / sold.sum()), _numbers(sold))


def _covered(rows: pd.DataFrame) -> pd.Series:
    return (rows["sold"] >= rows["lower"]) & (rows["sold"] <= rows["upper"])


def _crossings(rows: pd.DataFrame) -> int:
    return int(((rows["lower"] > rows[OURS]) | (rows[OURS] > rows["upper"])).sum())


def _negatives(rows: pd.DataFrame) -> int:
    return int((rows[[OURS, "lower", "upper"]] < 0).any(axis=1).sum())


def _numbers(values: pd.Series) -> Numbers:
    return values.to_numpy(float)
