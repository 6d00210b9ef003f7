"""What was known when: a model is trained and judged on nothing that came after its day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from batch_assets.features.category_demand import CategoryDemand
from batch_assets.features.store_demand import StoreDemand
from batch_assets.models._demand.frame import Frame
from batch_assets.models._demand.known import Known, as_of_days, part_of

DAY = dt.date(2017, 3, 6)
MOST = 1000
COLUMNS = ["batch_date", "category", "target_date", "units"]


def after(days: int, of: dt.date = DAY) -> dt.date:
    """Return the day so many days after another."""
    return of + dt.timedelta(days=days)


def calendar(day: dt.date, horizons: int, *closed: dt.date) -> list[dict[str, object]]:
    """Return the days to come of a day."""
    numbers = dict.fromkeys(("day_of_month", "days_to_holiday", "days_since_holiday", "holiday_in", "holiday_ago"), 1)
    targets = [after(n, day) for n in range(1, horizons + 1)]
    return [
        {**numbers, "batch_date": day, "target_date": target, "horizon": n, "weekday": target.weekday(), "is_closed": target in closed}
        for n, target in enumerate(targets, 1)
    ]


Sale = tuple[dt.date, str, dt.date, int]
"""A batch_date, category, target_date and pieces."""


def known(
    as_of: list[dt.date],
    horizons: int = 3,
    closed: tuple[dt.date, ...] = (),
    sales: list[Sale] | None = None,
    returns: list[tuple[dt.date, dt.date, str, dt.date, int]] | None = None,
) -> Known:
    """Return what is known of two categories that sell a piece a day, and what was sold; on each day that was not closed, something else was, too.

    Returns are sales with the day of the move before them.
    """
    numbers = {name: 28 for name in CategoryDemand.columns() if name not in ("batch_date", "category")}
    numbers |= {"most_units": MOST}
    demand = pd.DataFrame([{**numbers, "batch_date": day, "category": category} for day in as_of for category in ("BREAD", "MILK")])
    store = pd.DataFrame([{**dict.fromkeys(StoreDemand.columns(), 56), "batch_date": day} for day in as_of])
    to_come = pd.DataFrame([row for day in as_of for row in calendar(day, horizons)])
    targets = sorted(set(to_come["target_date"]))
    sold = pd.DataFrame([*(sales or []), *((day, "FUEL", day, int(day not in closed)) for day in targets)], columns=COLUMNS)
    back = pd.DataFrame(returns or [], columns=["moved_on", *COLUMNS]).astype({"units": int})
    for rows in (demand, store, to_come, sold, back):
        for name in ("batch_date", "target_date", "moved_on"):
            if name in rows:
                rows[name] = pd.to_datetime(rows[name])
    return Known(demand, to_come, store, sold, back)


def keys(frame: Frame) -> list[tuple[dt.date, str, int]]:
    """Return as-of day, category and horizon of a frame's rows."""
    return [(row.batch_date.date(), row.category, row.horizon) for row in frame.keys.itertuples()]


@pytest.mark.parametrize(("on", "units"), [(1, [0, 0]), (2, [0, 3]), (3, [0, 3 + 4]), (4, [5, 3 + 4]), (9, [5, 3 + 4])])
def test_a_late_line_counts_from_the_day_on_which_it_came(on: int, units: list[int]) -> None:
    tomorrow = after(1)
    sales = [(after(2), "MILK", tomorrow, 3), (after(3), "MILK", tomorrow, 4), (after(4), "BREAD", tomorrow, 5), (after(2), "SOUP", tomorrow, 6)]
    history = known([DAY], horizons=1, sales=sales)
    assert history.sold(history.frame([DAY]), after(on)).tolist() == units


def test_what_was_sold_is_of_its_own_target_day() -> None:
    sales = [(after(n), category, after(n), pieces * n) for n in (1, 2, 3) for category, pieces in (("BREAD", 1), ("MILK", 10))]
    history = known([DAY, after(1)], sales=sales)
    frame = history.frame([DAY, after(1)])
    assert history.sold(frame, after(9)).tolist() == [1, 2, 3, 10, 20, 30, 2, 3, 0, 20, 30, 0]
    assert history.sold(frame, after(2)).tolist() == [1, 2, 0, 10, 20, 0, 2, 0, 0, 20, 0, 0]


def test_a_frame_has_the_rows_of_its_as_of_days_alone() -> None:
    frame = known([DAY, after(1), after(2)], horizons=1).frame([after(1)])
    assert keys(frame) == [(after(1), "BREAD", 1), (after(1), "MILK", 1)]


def test_targets_up_to_the_retrain_day_are_trained_on_but_no_closed_day_and_no_as_of_day_of_another_model() -> None:
    as_of = [DAY, after(1), after(2)]
    history = known(as_of, closed=(after(1),))
    found = history.opened(part_of(history.frame(as_of), [DAY, after(1)]), after(3))
    milk = [(day, number) for day, category, number in keys(found) if category == "MILK"]
    assert milk == [(DAY, 2), (DAY, 3), (after(1), 1), (after(1), 2)]
    assert len(found.keys) == len(found.features) == len(found.scale) == 2 * len(milk)
    assert all(len(forecast) == 2 * len(milk) for forecast in found.baselines.values())


def test_the_rows_that_are_trained_on_keep_their_numbers() -> None:
    history = known([DAY, after(1)])
    frame = history.frame([DAY, after(1)])
    found = history.opened(part_of(frame, [after(1)]), after(2))
    assert keys(found) == [(after(1), "BREAD", 1), (after(1), "MILK", 1)]
    place = [keys(frame).index(key) for key in keys(found)]
    assert found.features.to_numpy().tolist() == frame.features.to_numpy()[place].tolist()
    assert found.scale.tolist() == frame.scale[place].tolist()
    assert found.most.tolist() == frame.most[place].tolist()


def test_a_day_on_which_nothing_was_sold_up_to_the_retrain_day_was_closed_then() -> None:
    """What arrives later of it makes it an open day for a model that is trained later."""
    history = known([DAY], closed=(after(1), after(2)), sales=[(after(3), "MILK", after(1), 5)])
    frame = history.frame([DAY])
    assert [number for _, category, number in keys(history.opened(frame, after(3))) if category == "MILK"] == [1, 3]
    assert [number for _, category, number in keys(history.opened(frame, after(2))) if category == "MILK"] == []


def test_a_sale_that_is_dated_after_the_retrain_day_makes_no_target_of_it() -> None:
    history = known([DAY], sales=[(after(1), "MILK", after(2), 5)])
    found = history.opened(history.frame([DAY]), after(1))
    assert [number for _, category, number in keys(found) if category == "MILK"] == [1]


def test_what_was_sold_of_a_product_that_moved_counts_where_the_as_of_day_had_it() -> None:
    """On the second day a product moved from milk to bread; it sold five pieces then, and six on the third, of which it was told a day late."""
    moved = after(2)
    sales = [(after(2), "BREAD", after(2), 50), (after(4), "BREAD", after(3), 60)]
    told = ((after(2), after(2), 5), (after(4), after(3), 6))
    returns = [(moved, day, category, sold, sign * n) for day, sold, n in told for category, sign in (("BREAD", -1), ("MILK", 1))]
    history = known([after(1), moved], horizons=2, sales=sales, returns=returns)
    frame = history.frame([after(1), moved])
    early, late = (dict(zip(keys(frame), history.sold(frame, after(on)).tolist(), strict=True)) for on in (3, 4))
    assert [late[after(1), "BREAD", number] for number in (1, 2)] == [45, 54]
    assert [late[after(1), "MILK", number] for number in (1, 2)] == [5, 6]
    assert (late[moved, "MILK", 1], late[moved, "BREAD", 1]) == (0, 60)
    assert (early[after(1), "BREAD", 1], early[after(1), "MILK", 2]) == (45, 0)


def test_more_than_a_category_sells_is_taken_for_as_much_as_it_does() -> None:
    history = known([DAY], horizons=1, sales=[(after(1), "MILK", after(1), 90_000)])
    assert history.sold(history.frame([DAY]), after(1)).tolist() == [0, MOST]


@pytest.mark.parametrize("retrained", [20, 21, 27, 60])
def test_as_of_days_are_the_same_whichever_day_trains_and_lie_before_it(retrained: int) -> None:
    every = as_of_days(after(100), DAY, 8)
    assert {np.diff([day.toordinal() for day in every]).tolist()[n] for n in range(len(every) - 1)} == {8}
    assert as_of_days(after(retrained), DAY, 8) == [day for day in every if day < after(retrained)]


@pytest.mark.parametrize("on", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("as_of", [[], [DAY], [after(1)], [DAY, after(1)], [after(9)]])
@pytest.mark.parametrize("closed", [(), (after(1),), tuple(after(n) for n in range(5))])
def test_whether_there_is_something_to_train_on_is_known_before_the_frame_is_made(on: int, as_of: list[dt.date], closed: tuple[dt.date, ...]) -> None:
    history = known([DAY, after(1)], closed=closed)
    rows = history.opened(part_of(history.frame([DAY, after(1)]), as_of), after(on))
    assert history.can_train(as_of, after(on)) is (len(rows.keys) > 0)


def test_a_day_without_a_category_has_no_demand() -> None:
    assert [known([DAY, after(2)]).has_demand(after(n)) for n in range(3)] == [True, False, True]
