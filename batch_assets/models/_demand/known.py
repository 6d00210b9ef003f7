"""Point-in-time data: the rows that a model may be trained on, and those that it is tested on.

Frames are built once for all fits of a run, and each fit takes its part: a row of a frame depends only on its own as-of day.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .frame import Frame, Numbers, build_frame, joined, together


@dataclass(frozen=True)
class Known:
    """Features of the as-of days, and sales with the day on which they became known.

    Attributes:
        demand: rows of `category_demand`.
        calendar: rows of `target_calendar`.
        store: rows of `store_demand`.
        sales: units by category and target_date, and the batch_date on which they arrived.
        returns: units that, as of days before `moved_on`, belong to another category than that in `sales`, with the same columns; negative where they leave.
    """

    demand: pd.DataFrame
    calendar: pd.DataFrame
    store: pd.DataFrame
    sales: pd.DataFrame
    returns: pd.DataFrame

    def frame(self, as_of: list[dt.date]) -> Frame:
        """Return the frame of some as-of days. It is built day by day: what its features are made from takes four times their memory."""
        return together([self._frame_of(day) for day in as_of])

    def _frame_of(self, day: dt.date) -> Frame:
        demand, calendar, store = (rows[rows["batch_date"] == pd.Timestamp(day)] for rows in (self.demand, self.calendar, self.store))
        return build_frame(joined(demand, calendar, store))

    def has_demand(self, day: dt.date) -> bool:
        """Say whether any category was sold regularly as of a day."""
        return bool((self.demand["batch_date"] == pd.Timestamp(day)).any())

    def can_train(self, as_of: list[dt.date], on: dt.date) -> bool:
        """Say whether some as-of days have rows to train on, on a day: what `opened` leaves of them."""
        days = pd.to_datetime(pd.Series(as_of))
        to_come = self.calendar[self.calendar["batch_date"].isin(days) & self.calendar["target_date"].isin(self._open_days(on))]
        return bool(self.demand["batch_date"].isin(to_come["batch_date"]).any())

    def sold(self, frame: Frame, on: dt.date) -> Numbers:
        """Return the units sold for each row of a frame, as known on a day, by the categories of its as-of day; 0 if none were sold, `most` if more were."""
        sales = self.sales[self.sales["batch_date"] <= pd.Timestamp(on)]
        totals = sales.groupby(["category", "target_date"], as_index=False)["units"].sum()
        sold = frame.keys.merge(totals, how="left", on=["category", "target_date"])["units"].fillna(0).to_numpy(float)
        return np.clip(sold + self._returned(frame, on), 0.0, frame.most)

    def opened(self, frame: Frame, on: dt.date) -> Frame:
        """Return the rows of a frame whose target day is, as known on a day, over and was no closed day: such a day says nothing about demand."""
        return frame.where(frame.keys["target_date"].isin(self._open_days(on)).to_numpy(bool))

    def _open_days(self, on: dt.date) -> pd.Series:
        """Return the days up to a day on which, as known on it, anything was sold."""
        known = (self.sales["batch_date"] <= pd.Timestamp(on)) & (self.sales["target_date"] <= pd.Timestamp(on)) & (self.sales["units"] > 0)
        return self.sales["target_date"][known].drop_duplicates()

    def _returned(self, frame: Frame, on: dt.date) -> Numbers:
        """Return the units that each row gains or loses because products moved between its as-of day and the sale."""
        returns = self.returns[self.returns["batch_date"] <= pd.Timestamp(on)].drop(columns="batch_date")
        met = frame.keys.assign(row=np.arange(len(frame.keys))).merge(returns, on=["category", "target_date"])
        later = met[met["moved_on"] > met["batch_date"]]
        return np.bincount(later["row"], later["units"], minlength=len(frame.keys)).astype(float)


def as_of_days(trained_on: dt.date, first: dt.date, step: int) -> list[dt.date]:
    """Return every `step`-th day from `first` to before `trained_on`, on the same grid for every `trained_on`."""
    days = (first + dt.timedelta(days=n) for n in range((trained_on - first).days))
    return [day for day in days if day.toordinal() % step == 0]


def part_of(frame: Frame, as_of: list[dt.date]) -> Frame:
    """Return the rows of some as-of days."""
    days = np.asarray(as_of, "datetime64[ns]")
    return frame.where(frame.keys["batch_date"].isin(days).to_numpy(bool))
