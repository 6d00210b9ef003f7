"""sales_today: the day's own sales by category, beside the forecast for all of the day."""

import datetime as dt
from typing import Any

from batch_assets.today.sales_today import sales_today

from ..frames import frame, rows_of

DAY = dt.date(2017, 1, 20)
BEFORE = DAY - dt.timedelta(days=1)


def sold(category: str, units: int, sold_on: dt.date = DAY) -> dict[str, Any]:
    money = {"amount_cents": 100 * units, "discount_cents": 0}
    return {"batch_date": DAY, "sold_on": sold_on, "category": category, "units": units, "lines": units, "receipts": units, **money}


def forecast(category: str, horizon: int, units: float) -> dict[str, Any]:
    target = BEFORE + dt.timedelta(days=horizon)
    bounds = {"lower": units - 1, "upper": units + 1, "is_closed": False, "model_version": "a"}
    return {"batch_date": BEFORE, "category": category, "target_date": target, "horizon": horizon, "units": units, **bounds}


def test_sales_of_the_day_stand_beside_their_forecast() -> None:
    sales = frame("category_day_sales", [sold("MILK", 3), sold("MILK", 9, BEFORE), sold("SOUP", 0), sold("NEW", 2)])
    forecasts = frame("demand_forecast", [forecast("MILK", 1, 7.5), forecast("MILK", 2, 99.0), forecast("SOUP", 1, 4.0), forecast("GONE", 1, 5.0)])
    found = rows_of(sales_today, category_day_sales=sales, demand_forecast=forecasts)
    assert [tuple(row[name] for name in ("category", "units", "lines", "amount_cents", "forecast", "lower", "upper")) for row in found] == [
        ("MILK", 3, 3, 300, 7.5, 6.5, 8.5),
        ("NEW", 2, 2, 200, None, None, None),
        ("SOUP", 0, 0, 0, 4.0, 3.0, 5.0),
    ]
    assert {row["batch_date"] for row in found} == {DAY}
