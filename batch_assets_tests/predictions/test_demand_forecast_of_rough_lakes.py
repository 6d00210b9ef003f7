"""Forecasts after what happens to a shop: a closure, a category that is renamed, a wrong quantity, weekly closing."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from batch_assets.settings import Closing, settings
from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in
from ..lake.history import publish_all
from ..lake.others import write_others
from ..lake.writer import day_of, product, till_line, write_catalogue, write_till

WEEK = (10, 10, 10, 10, 15, 20, 5)
"""What a product numbered 1 sells from Monday to Sunday; number 2 sells twice as much, and so on."""

Mean = dict[str, tuple[float, float, float]]
"""By category the means over the days to come: units, lower, upper."""


@pytest.fixture(autouse=True)
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model be trained on little."""
    monkeypatch.setattr(settings, "min_training_days", 30)


def usual(number: int, product_id: int) -> int:
    """Return what a product sells on a day."""
    return WEEK[day_of(number).weekday()] * product_id + (7 * number + 3 * product_id) % 4


def forecast(
    warehouse: Warehouse,
    last: int,
    categories: Mapping[int, str],
    sold: Callable[[int, int], int] = usual,
    closed: Collection[int] = (),
    moves: Mapping[int, Mapping[int, str]] | None = None,
) -> Mean:
    """Write and publish a history up to a day; return its forecasts."""
    lake = Path(warehouse.lake)
    for n in range(last + 1):
        if n not in closed:
            listed = categories if n == 0 else (moves or {}).get(n, {})
            write_catalogue(lake, day_of(n), [product(p, category=category) for p, category in listed.items()])
            lines = [till_line(day_of(n), receipt_id=str(p), product_id=str(p), quantity=str(sold(n, p))) for p in categories]
            write_till(lake, day_of(n), lines)
            write_others(lake, day_of(n))
    publish_all(warehouse, day_of(last), day_of(last))
    query = "select category, avg(units), avg(lower), avg(upper) from predictions.demand_forecast where not is_closed group by 1"
    with warehouse.connect() as con:
        return {category: (units, lower, upper) for category, units, lower, upper in con.con.execute(query).fetchall()}


THREE = {1: "MILK", 2: "BREAD", 3: "SOUP"}


def test_a_fortnights_closure_does_not_halve_the_forecasts_after_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = range(70, 84)
    monkeypatch.setattr(settings, "closed_days", {day_of(n): Closing(known_on=day_of(69)) for n in closed})
    found = forecast(warehouse, 84, THREE, closed=closed)
    for p, category in THREE.items():
        to_come = sum(usual(n, p) for n in range(85, 99)) / 14
        assert found[category][0] == pytest.approx(to_come, rel=0.15)
        assert found[category][1] < to_come < found[category][2]


def test_a_category_that_is_renamed_is_forecast_under_its_new_name_alone_with_all_its_history(warehouse: Warehouse) -> None:
    found = forecast(warehouse, 75, THREE, moves={75: {1: "DAIRY MILK"}})
    assert set(found) == {"DAIRY MILK", "BREAD", "SOUP"}
    assert found["DAIRY MILK"][0] == pytest.approx(sum(usual(n, 1) for n in range(76, 90)) / 14, rel=0.15)


def test_one_wrong_quantity_ruins_neither_its_categorys_forecast_nor_the_others(tmp_path: Path) -> None:
    categories = {p: f"C{p}" for p in range(1, 9)}
    clean = forecast(warehouse_in(tmp_path / "clean"), 78, categories)
    found = forecast(warehouse_in(tmp_path / "wrong"), 78, categories, sold=lambda n, p: 90_000 if (n, p) == (70, 1) else usual(n, p))
    assert found.pop("C1") == pytest.approx(clean.pop("C1"), rel=0.3)
    assert {category: found[category] == pytest.approx(clean[category], rel=0.01) for category in clean} == dict.fromkeys(clean, True)


@pytest.mark.parametrize("is_a_rule", [True, False])
def test_days_of_weekly_closing_are_forecast_as_closed_and_do_not_lower_the_others(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, is_a_rule: bool
) -> None:
    """Even if somebody entered each Sunday when it came."""
    entered = {day_of(n): Closing(known_on=day_of(n)) for n in range(7, 93, 7)}
    monkeypatch.setattr(settings, "closed_days", {"FREQ=WEEKLY;BYDAY=SU": Closing()} if is_a_rule else entered)
    found = forecast(warehouse, 93, THREE, closed=range(7, 93, 7))
    with warehouse.connect() as con:
        days = con.con.execute("select dayname(target_date), bool_and(units = 0 and upper = 0) from predictions.demand_forecast where is_closed group by 1")
        assert days.fetchall() == [("Sunday", True)]
    to_come = [n for n in range(94, 108) if n % 7]
    assert found["BREAD"][0] == pytest.approx(sum(usual(n, 2) for n in to_come) / len(to_come), rel=0.15)
