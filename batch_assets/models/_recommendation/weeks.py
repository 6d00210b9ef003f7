"""Point-in-time data: candidates as of the end of a day, and what customers bought in the week after, as known at the end of that week."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from ...features._popular import NEW
from ...features._purchases import WEEK, bought, offered
from ...features.customer_candidates import PLACES, candidates
from ...features.customer_product import described
from .factors import DAYS
from .frame import COLUMNS, Frame, build_frame
from .judge import Bought

_KEY = ["customer_id", "product_id"]


@dataclass(frozen=True)
class Week:
    """A week: candidates of the customers who bought anything in it, as of the day before it, and what they bought.

    Attributes:
        origin: the day before the week's first.
        frame: the candidates.
        bought: what was bought of all that is offered, candidate or not.
        sources: by source of candidates, whether each candidate is from it.
    """

    origin: dt.date
    frame: Frame
    bought: Bought
    sources: Mapping[str, NDArray[np.bool_]]


@dataclass
class Weeks:
    """Weeks, made as they are asked for; the last one is kept, since a week is judged by and then, at once, trained on.

    Attributes:
        days: the batch days that were asked for, of which one row is borrowed to make days of.
        customer_purchases: rows of that table.
        promotions: rows of that table.
        products: rows of that table.
    """

    days: ir.Table
    customer_purchases: ir.Table
    promotions: ir.Table
    products: ir.Table
    _last: Week | None = None

    def after(self, origin: dt.date) -> Week:
        """Return the week after a day."""
        if self._last is None or self._last.origin != origin:
            self._last = self._make(origin)
        return self._last

    def days_bought(self, origin: dt.date) -> pd.DataFrame:
        """Return on how many of the last days up to a day each customer bought each product, as known on that day."""
        known = self.customer_purchases.filter((_.batch_date <= origin) & (_.sold_on > origin - DAYS * dt.timedelta(days=1)))
        return known.group_by(_KEY).agg(days=_.sold_on.nunique()).order_by(_KEY).to_pandas()

    def _make(self, origin: dt.date) -> Week:
        day = self.days.limit(1).select(batch_date=ibis.literal(origin))
        of_week = self._bought(origin, day)
        buyers = of_week.select("customer_id").distinct().mutate(batch_date=ibis.literal(origin))
        found = candidates(day, self.customer_purchases, self.products, buyers)
        rows = described(day, found, self.customer_purchases, self.promotions, self.products)
        table = rows.select(*COLUMNS, *PLACES).order_by(_KEY).to_pyarrow()
        frame = build_frame(table)
        sources = {name.removesuffix("_place"): np.asarray(table[name].is_valid()) for name in PLACES}
        of = of_week.to_pandas()
        whole = {name: of[name].to_numpy(np.int64) for name in _KEY}
        active = np.isin(whole["customer_id"], frame.customer)
        all_bought = Bought(whole["customer_id"], whole["product_id"], of["is_new"].to_numpy(bool), of["is_young"].to_numpy(bool))
        return Week(origin, frame, all_bought.only(active), sources)

    def _bought(self, origin: dt.date, day: ir.Table) -> ir.Table:
        """Return what each customer bought of what is offered, in the week after a day and as known at its end, and whether it was new to it."""
        end = origin + WEEK * dt.timedelta(days=1)
        week = self.customer_purchases.filter((_.sold_on > origin) & (_.sold_on <= end) & (_.batch_date <= end))
        last = self.days.limit(1).select(batch_date=ibis.literal(end))
        listed = offered(last, self.products).select("product_id", is_young=_.listed_on > ibis.literal(origin - NEW * dt.timedelta(days=1)))
        sold = week.select(_KEY).distinct().join(listed, "product_id")
        before = bought(day, self.customer_purchases, self.products).select(*_KEY).distinct().mutate(is_new=False)
        known = sold.left_join(before, _KEY)
        return known.select(*_KEY, "is_young", is_new=known.is_new.fill_null(True)).order_by(_KEY)
