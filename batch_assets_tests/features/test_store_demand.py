"""store_demand on a few rows: the sums of a day's categories, and of nothing else."""

from typing import Any

from batch_assets.features.category_demand import CategoryDemand
from batch_assets.features.store_demand import StoreDemand, store_demand

from ..frames import frame, rows_of
from ..lake.writer import day_of

SUMS = [name for name in StoreDemand.columns() if name not in ("batch_date", "categories")]


def known(day: int, category: str, **fields: int) -> dict[str, object]:
    """Return what is known of a category as of a day; what is not given is 0."""
    return {**dict.fromkeys(CategoryDemand.columns(), 0), "batch_date": day_of(day), "category": category, **fields}


def made(*rows: dict[str, object]) -> list[dict[str, Any]]:
    """Return the store's rows, made of those of its categories."""
    return rows_of(store_demand, category_demand=frame("category_demand", rows))


def test_every_sum_is_over_the_categories_of_its_day() -> None:
    numbers = {name: n + 1 for n, name in enumerate(SUMS)}
    doubled = {name: 100 * n for name, n in numbers.items()}
    rows = [known(0, "MILK", **numbers), known(0, "BREAD", **doubled), known(0, "SOUP"), known(1, "MILK", **numbers), known(1, "SOUP", **numbers)]
    first, second = made(*rows)
    assert first == {"batch_date": day_of(0), "categories": 3, **{name: 101 * n for name, n in numbers.items()}}
    assert second == {"batch_date": day_of(1), "categories": 2, **{name: 2 * n for name, n in numbers.items()}}


def test_the_levels_and_weekdays_that_a_forecast_divides_by_are_there() -> None:
    assert [name.removesuffix("_56d") for name in SUMS if name.endswith("_56d")] == ["units", "mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert {"units_7d", "units_28d", "units_56d", "units_91d"} <= set(SUMS)


def test_a_day_without_a_category_has_no_row() -> None:
    assert made() == []
