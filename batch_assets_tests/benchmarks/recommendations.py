"""Recommendations: how good each method is in the weeks after three origins, what the candidates reach, and how many of them are scored a second.

A method is judged as the model judges it in its own backtests (`models/_recommendation/judge.py`): NDCG@10 of all candidates over customers
that were active in 91 days and bought something in the week after, and the hit rate@10 of what a customer never bought before.
"""

import dataclasses
import datetime as dt
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from batch_assets.engine.duckdb import SCORED_AT_ONCE
from batch_assets.features._purchases import LOOK_BACK, WEEK
from batch_assets.features.customer_candidates import PLACES
from batch_assets.models import _booster
from batch_assets.models._recommendation import fit
from batch_assets.models._recommendation.backtest import Score, score
from batch_assets.models._recommendation.factors import Factors
from batch_assets.models._recommendation.fit import METHODS, WEEKS, Lessons, Ranker, train
from batch_assets.models._recommendation.frame import BLEND, FEATURES, OWN, POPULAR, Frame, Matrix, Numbers, build_frame
from batch_assets.models._recommendation.judge import judge
from batch_assets.models._recommendation.weeks import Week, Weeks

from .bars import Bar, print_table
from .by_hand import candidates_a_second
from .workshop import GRAPH, YEAR_BEGINS, Place, Workshop, tell

ORIGINS = (dt.date(2017, 10, 30), dt.date(2017, 11, 27), dt.date(2017, 12, 11))
RANKING, DISCOVERY = "lightgbm ranking", "lightgbm discovery"
FAMILIES = {
    "decayed days": ("decayed_20", "decayed_60", "decayed_120"),
    "days since the first and the last purchase": ("days_since", "days_since_first"),
    "trips": ("trips_28d", "days_since_trip"),
    "shares of trips": ("share_28d", "share_91d"),
    "gaps": ("gap", "since_by_gap", "shorter_gaps"),
    "popularity": ("customers_28d", "customers_91d", "bought_7d", "bought_28d", "trend"),
    "rebuy rate": ("rebuy_rate",),
    "promotions": ("promoted_stores_7d",),
    "store": ("store_customers_91d",),
    "first purchases": ("first_rate_7d",),
    "category": ("category_91d", "category_days_since", "category_products_91d"),
    "type": ("type_days_since", "type_products"),
    "maker": ("maker_days",),
    "price": ("price_by_type",),
    "similar customers": ("similar_score", "similar_customers", "similar_share"),
    "baskets": ("basket_score", "basket_link"),
}
"""The features by what they know; each family is left out in turn."""

TURNS = 15
"""How often a day is scored in either way."""

_DAY = dt.timedelta(days=1)
_LIMIT = "256MB"


def measure(workshop: Workshop) -> list[Bar]:
    """Print the figures of each method and phase, and return the bars."""
    place = workshop.later
    for table in GRAPH.with_upstreams(["customer_purchases", "promotions", "products", "reviews"]):
        place.publish(table.name, YEAR_BEGINS, ORIGINS[-1] + WEEK * _DAY)
    return [*_accuracy(place), *_speed(place), _memory(place)]


def _accuracy(place: Place) -> list[Bar]:
    scores, without, starred = [], dict[str, list[tuple[Numbers, Numbers]]](), list[tuple[Numbers, Numbers]]()
    with place.warehouse.connect() as con:
        days = con.sql(f"select date '{ORIGINS[-1]}' as batch_date")
        weeks = Weeks(days, *(con.table(name, database="marts") for name in ("customer_purchases", "promotions", "products")))
        for origin in ORIGINS:
            tell(f"  judging {len(METHODS)} methods by the week after {origin}")
            before = [weeks.after(origin - n * WEEK * _DAY) for n in range(WEEKS, 0, -1)]
            seen, week = [Lessons.from_week(each) for each in before], weeks.after(origin)
            scores.append(score(week, train(seen), Factors.fit(weeks.days_bought(origin))))
            for name, features in (("", ()), *FAMILIES.items()):
                without.setdefault(name, []).append(_judged(train([_untold(each, features) for each in seen]), _blind(week, features)))
            with patch.object(fit, "FEATURES", (*FEATURES, "stars", "reviews")):
                starred.append(_judged(train([Lessons.from_week(_starred(con, each)) for each in before]), _starred(con, week)))
    _print(scores)
    _print_differences("Without a family of features, mean of the origins", {name: without[name] for name in FAMILIES}, without[""])
    _print_differences("With what customers think of a product", {"stars of its reviews, and how many": starred}, without[""])
    ratios = [test.ndcg[RANKING] / test.ndcg[OWN] for test in scores]
    blend = [test.ndcg[RANKING] / test.ndcg[BLEND] for test in scores]
    found = [test.hit[DISCOVERY] / test.hit[POPULAR] for test in scores]
    return [
        Bar("NDCG@10 beside own most frequent, mean of three origins", float(np.mean(ratios)), least=1.08),
        Bar("the lowest of the three", min(ratios), least=1.05),
        Bar("the lowest beside the untrained blend", min(blend), least=1.0),
        Bar("discoveries: hit rate@10 beside popularity, mean of three origins", float(np.mean(found)), least=1.15),
    ]


def _print(scores: list[Score]) -> None:
    origins = [test.origin for test in scores]
    for title, measure, errors, base in (("NDCG@10", "ndcg", "ndcg_error", OWN), ("Discoveries, hit rate@10", "hit", "hit_error", POPULAR)):
        of = {name: [getattr(test, measure)[name] for test in scores] for name in METHODS}
        beside = {name: float(np.mean(np.divide(of[name], of[base]))) for name in METHODS}
        noise = ", ".join(f"{getattr(test, errors)[base]:.4f}" for test in scores)
        rows = [[name, *(f"{figure:.4f}" for figure in of[name]), f"{beside[name]:.3f}"] for name in METHODS]
        print_table(f"{title}; standard errors {noise}", ["", *origins, f"x {base}"], rows)
    print_table("Recall@10", ["", *origins], [[name, *(f"{test.recall[name]:.4f}" for test in scores)] for name in METHODS])
    print_table("Different products among the ten of anybody", ["", *origins], [[name, *(f"{test.coverage[name]:,}" for test in scores)] for name in METHODS])
    sources = [[name, *(f"{test.reached[name][kind]:.3f}" for test in scores for kind in ("repeat", "discovery"))] for name in scores[0].reached]
    print_table("What is a candidate of what was bought, repeated and new", ["", *(part for origin in origins for part in (origin, "new"))], sources)
    young = [[name, *("" if (found := test.recall_young[name]) is None else f"{found:.4f}" for test in scores)] for name in METHODS]
    print_table(f"Of {', '.join(str(test.young) for test in scores)} purchases of new products, the share in ten discoveries", ["", *origins], young)
    few = [[name, *(f"{test.ndcg_hardly_known[name] or 0:.3f}" for test in scores)] for name in METHODS]
    print_table(f"NDCG@10 of customers of one trip ({', '.join(str(test.hardly_known) for test in scores)})", ["", *origins], few)


def _untold(week: Lessons, features: Sequence[str]) -> Lessons:
    """Return lessons in which these features say nothing."""
    return dataclasses.replace(week, of={name: dataclasses.replace(lesson, features=_without(lesson.features, features)) for name, lesson in week.of.items()})


def _blind(week: Week, features: Sequence[str]) -> Week:
    """Return a week in which these features say nothing."""
    return dataclasses.replace(week, frame=dataclasses.replace(week.frame, features=_without(week.frame.features, features)))


def _without(seen: Matrix, features: Sequence[str]) -> Matrix:
    """Return a copy in which these features are 0."""
    seen = seen.copy()
    seen[:, [FEATURES.index(name) for name in features]] = 0
    return seen


def _judged(files: dict[str, str], week: Week) -> tuple[Numbers, Numbers]:
    """Return by customer the NDCG@10 of all candidates, and whether there is a hit among ten discoveries."""
    ranker, never_bought = Ranker(files), week.frame.where(~week.frame.known)
    ndcg = judge(week.frame, ranker.scores(RANKING, week.frame), week.bought).ndcg
    return ndcg, judge(never_bought, ranker.scores(DISCOVERY, never_bought), week.bought.only(week.bought.is_new)).hit


def _starred(con: Backend, week: Week) -> Week:
    """Return a week whose features also say how many reviews of a product had stars by then, and the share of five stars among them."""
    known = con.con.execute(_STARS, [week.origin]).to_arrow_table()
    product, share, count = (known[name].to_numpy() for name in ("product_id", "stars", "reviews"))
    place = np.minimum(np.searchsorted(product, week.frame.product), len(product) - 1)
    found = product[place] == week.frame.product
    more = np.column_stack([np.where(found, share[place], np.nan), np.where(found, count[place], 0)]).astype(np.float32)
    return dataclasses.replace(week, frame=dataclasses.replace(week.frame, features=np.hstack([week.frame.features, more])))


def _print_differences(title: str, tried: Mapping[str, list[tuple[Numbers, Numbers]]], in_use: list[tuple[Numbers, Numbers]]) -> None:
    """Print what is lost or won by each thing that was tried, and the standard error of that, by customers."""
    rows = []
    for name, judged in tried.items():
        found = []
        for measure in (0, 1):
            differ = [other[measure] - whole[measure] for other, whole in zip(judged, in_use, strict=True)]
            error = float(np.sqrt(sum(each.var(ddof=1) / len(each) for each in differ))) / len(differ)
            found += [f"{np.mean([each.mean() for each in differ]):+.4f}", f"{error:.4f}"]
        rows.append([name, *found])
    print_table(title, ["", "NDCG@10", "error", "hit rate@10", "error"], rows)


_STARS = """
    select product_id, avg(five_stars::int) as stars, count(*)::bigint as reviews from marts.reviews
    where batch_date <= ? and five_stars is not null group by 1 order by 1"""
_INPUT = """
    from features.customer_candidates join features.customer_product using (batch_date, customer_id, product_id)
    order by customer_id, product_id"""
_SHOWN = "select any_value(model_version), count(distinct product_id) from predictions.product_recommendations"
_KNOWN = f"select customer_id, product_id, sold_on from marts.customer_purchases where batch_date <= ? and sold_on >= ?::date - {LOOK_BACK}"
_BARE = "select customer_id, product_id, count(*), sum(units), max(sold_on) from marts.customer_purchases group by all"


def _speed(place: Place) -> list[Bar]:
    """Measure a day, phase by phase, from features to published rows, beside LightGBM's own predict."""
    day, seconds = ORIGINS[-1], dict[str, float]()
    for name in ("customer_candidates", "customer_product", "recommendation_model", "product_recommendations"):
        started = time.perf_counter()
        place.publish(name, day, day)
        seconds[name] = time.perf_counter() - started
    with place.warehouse.connect() as con:
        rows = con.con.execute(_INPUT).to_arrow_table()
        ((version, shown),) = con.con.execute(_SHOWN).fetchall()
        started = time.perf_counter()
        con.con.execute(_BARE).to_arrow_table()
        seconds["a bare aggregation of the purchases in DuckDB"] = time.perf_counter() - started
        purchases = con.con.execute(_KNOWN, [day, day]).df()
    _print_candidates(rows, shown)
    folder = place.folder / "models" / "recommendation_model" / version
    files = {path.name: path.read_text() for path in folder.glob("*.txt")}
    ours, fast, theirs = _predicting(build_frame(rows), files)
    by_hand = candidates_a_second(purchases, rows.select(["customer_id", "product_id"]).to_pandas(), files["ranking.txt"], day)
    seconds |= {
        "predict alone": ours,
        "the same with the extra `fast`": fast,
        "LightGBM's own predict": theirs,
        "pandas and joblib, fewer features and one list": rows.num_rows / by_hand,
    }
    figures = [[name, f"{taken:.2f}", f"{rows.num_rows / taken:,.0f}"] for name, taken in seconds.items()]
    print_table(f"A day of {rows.num_rows:,} candidates", ["", "s", "candidates/s"], figures)
    counted = seconds["customer_product"] + seconds["product_recommendations"]
    return [
        Bar("candidates a second, from features to published rows", rows.num_rows / counted, least=50_000),
        Bar("predict beside LightGBM's own on the same rows and cores", theirs / ours, least=1.0),
        Bar("the same with the extra `fast`", theirs / fast, least=5.0),
    ]


def _memory(place: Place) -> Bar:
    """Measure the most memory of a process that scores and publishes a day, and of one that does so for ten times as many customers."""
    day, peaks = ORIGINS[-1], dict[int, float]()
    for times in (1, 10):
        many = place.copied(place.folder.with_name(f"{place.folder.name} times {times}"), _LIMIT)
        with many.warehouse.connect() as con:
            for name in ("customer_candidates", "customer_product"):
                others = f"(from features.{name} where batch_date = '{day}'), range(1, {times}) others(other)"
                con.con.execute(f"insert into features.{name} by name select * exclude (other) replace (customer_id + other as customer_id) from {others}")
        peaks[times] = many.run_dagster("batch_assets.definitions", "--select", 'key:"predictions/product_recommendations"', "--partition", str(day)).peak
    tell(f"  with {_LIMIT} for DuckDB, a day is scored and published in at most {peaks[1]:,.0f} MB, one of ten times as many customers in {peaks[10]:,.0f} MB")
    return Bar("memory of a day of ten times as many customers, beside that of a day", peaks[10] / peaks[1], most=1.25)


def _print_candidates(rows: pa.Table, shown: int) -> None:
    """Print where candidates come from, and how much of the catalogue is recommended to anyone."""
    counts = [[name.removesuffix("_place"), f"{rows.num_rows - rows[name].null_count:,}"] for name in PLACES]
    print_table("Candidates by source (one may have several)", ["", "candidates"], counts)
    tell(f"  {shown:,} different products are recommended to somebody")


def _predicting(frame: Frame, files: dict[str, str]) -> tuple[float, float, float]:
    """Return the seconds that both models take for a day: in chunks on all cores, as a map does it, without and with the extra, and all at once by LightGBM.

    Where its trees lie in memory makes a model up to 4 % faster or slower, so all are read anew each time, and take turns; medians count.
    """
    import lightgbm

    cores = os.cpu_count() or 1
    begins = np.flatnonzero(np.r_[True, np.diff(np.arange(len(frame)) // SCORED_AT_ONCE) > 0])
    chunks = [frame.where(np.arange(len(frame)) // SCORED_AT_ONCE == n) for n in range(len(begins))]

    def ours() -> float:
        with patch.object(_booster, "fast_trees", lambda _model: None):
            return fast()

    def fast() -> float:
        ranker, started = Ranker(files), time.perf_counter()
        with ThreadPoolExecutor(cores) as pool:
            for method in (RANKING, DISCOVERY):
                list(pool.map(lambda chunk, method=method: ranker.scores(method, chunk), chunks))
        return time.perf_counter() - started

    def theirs() -> float:
        boosters, started = [lightgbm.Booster(model_str=text) for text in files.values()], time.perf_counter()
        for booster in boosters:
            booster.predict(frame.features, num_threads=cores)
        return time.perf_counter() - started

    taken: dict[Callable[[], float], list[float]] = {ours: [], fast: [], theirs: []}
    for turn in range(TURNS):
        for which in taken if turn % 2 else reversed(taken):
            taken[which].append(which())
    return median(taken[ours]), median(taken[fast]), median(taken[theirs])
