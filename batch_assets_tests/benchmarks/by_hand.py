"""Recommendations as many write them: pandas, customer by customer, on all cores by joblib, scored by LightGBM; what is made is less than the project makes.

Of the features, own purchases, trips and popularity alone are computed, and the rest is 0: those of similar customers and of baskets would take longest.
"""

import datetime as dt
import os
import time
from typing import Any

import numpy as np
import pandas as pd

from batch_assets.models._recommendation.frame import FEATURES

CUSTOMERS = 200
"""So many are recommended to, of all; the time of a candidate does not depend on how many there are."""


def candidates_a_second(purchases: pd.DataFrame, candidates: pd.DataFrame, model: str, day: dt.date) -> float:
    """Return how many candidates are made a top ten of in a second.

    Args:
        purchases: customer_id, product_id and sold_on, as known on the day.
        candidates: customer_id and product_id.
        model: LightGBM's model as text, which has `FEATURES`.
        day: the day as of which features are computed.
    """
    from joblib import Parallel, delayed

    cores = os.cpu_count() or 1
    some = np.sort(candidates["customer_id"].unique())[:CUSTOMERS]
    chosen = candidates[candidates["customer_id"].isin(some)]
    with Parallel(n_jobs=cores) as parallel:
        parts = [chosen[chosen["customer_id"].isin(its)] for its in np.array_split(some, cores)]
        parallel(delayed(_top_ten)(purchases, part.iloc[:0], model, day) for part in parts)
        started = time.perf_counter()
        parallel(delayed(_top_ten)(purchases, part, model, day) for part in parts)
        return len(chosen) / (time.perf_counter() - started)


def _top_ten(purchases: pd.DataFrame, candidates: pd.DataFrame, model: str, day: dt.date) -> list[pd.DataFrame]:
    import lightgbm

    booster = lightgbm.Booster(model_str=model)
    aged = purchases.assign(age=(pd.Timestamp(day) - pd.to_datetime(purchases["sold_on"])).dt.days)
    popular = aged[aged["age"] < 28].groupby("product_id")["customer_id"].nunique().rename("customers_28d")
    lately = aged[aged["age"] < 91].groupby("product_id")["customer_id"].nunique().rename("customers_91d")
    by_product = pd.concat([popular, lately], axis=1)
    return [_of_customer(aged[aged["customer_id"] == customer], mine, by_product, booster) for customer, mine in candidates.groupby("customer_id")]


def _of_customer(own: pd.DataFrame, candidates: pd.DataFrame, by_product: pd.DataFrame, booster: Any) -> pd.DataFrame:
    days = own.drop_duplicates(["product_id", "sold_on"])
    weighed = days.assign(**{f"decayed_{half}": 1e6 * 0.5 ** (days["age"] / half) for half in (20, 60, 120)})
    counts = weighed.groupby("product_id").agg(
        **{f"decayed_{half}": (f"decayed_{half}", "sum") for half in (20, 60, 120)}, days_since=("age", "min"), days_since_first=("age", "max")
    )
    rows = candidates.join(counts, on="product_id").join(by_product, on="product_id")
    trips = own.drop_duplicates("sold_on")["age"]
    rows = rows.assign(trips_28d=(trips < 28).sum(), days_since_trip=trips.min())
    scores = booster.predict(rows.reindex(columns=list(FEATURES)).fillna(0).to_numpy(np.float32), num_threads=1)
    return rows.assign(score=scores).nlargest(10, "score")
