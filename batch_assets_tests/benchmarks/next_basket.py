"""The next basket, by the protocol of papers about it, so that the figures of methods without training can be compared with published ones.

The protocol is that of Li et al. 2023, A Next Basket Recommendation Reality Check (ACM TOIS 41.4), in the form that its authors published for
Dunnhumby's data: a basket is what a customer bought on a day of eight weeks; customers have 3 to 50 baskets, of which the last is predicted
from the others; products were bought at least 17 times in these. Recall, NDCG (the ideal being the whole basket at the top) and PHR, the
share of baskets with a hit, are means over customers. Nothing is trained, so all customers are judged rather than a fifth.

G-, P- and GP-TopFreq are the paper's: what all baskets have most often, what the customer's own have, and the latter followed by the former. Own
with decay is what the untrained blend begins with: a basket counts half after 60 days, and a little more by 120.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from ibis.backends.duckdb import Backend

from batch_assets.features._purchases import NOT_OFFERED, NOT_OFFERED_CATEGORY

from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Workshop, tell

FIRST, LAST = dt.date(2017, 11, 1), dt.date(2017, 12, 26)
LEAST_SOLD = 17
LENGTHS = (10, 20)
_BASKETS = f"""
    create or replace temp table baskets as
    with of_days as (
        select distinct customer_id, sold_on, product_id from marts.customer_purchases where sold_on between ? and ? and product_id in
        (select product_id from marts.products where department not in {NOT_OFFERED} and category <> '{NOT_OFFERED_CATEGORY}')
    ), placed as (select *, dense_rank() over (partition by customer_id order by sold_on desc) as place from of_days)
    select customer_id, product_id, sold_on, place = 1 as is_last from placed qualify max(place) over (partition by customer_id) between 3 and 50"""
_SOLD = f"delete from baskets where product_id not in (select product_id from baskets where not is_last group by 1 having count(*) >= {LEAST_SOLD})"
_ALL = "customers cross join totals left join own using (customer_id, product_id, total)"
_SCORED = {
    "G-TopFreq": "select customer_id, product_id, total as score from customers, totals",
    "P-TopFreq": "select customer_id, product_id, times * 1e6 + total as score from own",
    "GP-TopFreq": f"select customer_id, product_id, coalesce(times, 0) * 1e6 + total as score from {_ALL}",
    "own with decay, then G": f"select customer_id, product_id, coalesce(fading, 0) * 1e6 + total as score from {_ALL}",
}
_RANKED = """
    with history as (select * from baskets where not is_last), customers as (select distinct customer_id from history),
    totals as (select product_id, count(*) as total from history group by 1),
    dated as (select *, date_diff('day', sold_on, max(sold_on) over (partition by customer_id)) as age from history),
    own as (
        select customer_id, product_id, any_value(total) as total, count(*) as times, sum(0.5 ** (age / 60) + 0.5 ** (age / 120) / 2) as fading
        from dated join totals using (product_id) group by 1, 2
    ), scored as ({scored}),
    ranked as (
        select *, row_number() over (partition by customer_id order by score desc, product_id) as place from scored
        qualify place <= {longest}
    )
    select truth.customer_id, count(distinct truth.product_id) as bought, list(ranked.place) filter (ranked.place is not null) as places
    from baskets truth left join ranked using (customer_id, product_id) where truth.is_last group by 1 order by 1"""


def measure(workshop: Workshop) -> list[Bar]:
    """Print how good each method is; there is no bar."""
    place = workshop.empty("next_basket")
    for table in GRAPH.with_upstreams(["customer_purchases", "products"]):
        place.publish(table.name, YEAR_BEGINS, LAST)
    with place.warehouse.connect() as con:
        con.con.execute(_BASKETS, [FIRST, LAST])
        con.con.execute(_SOLD)
        _tell_size(con)
        rows = [[name, *_judged(con, scored)] for name, scored in _SCORED.items()]
    header = [f"{measure}@{length}" for length in LENGTHS for measure in ("recall", "NDCG", "PHR")]
    print_table("Next basket, mean over customers and its standard error", ["", *header], rows)
    return []


def _tell_size(con: Backend) -> None:
    ((customers, products, baskets, repeated),) = con.con.execute("""
        with known as (select distinct customer_id, product_id from baskets where not is_last)
        select count(distinct customer_id), count(distinct product_id), count(distinct (customer_id, sold_on)), (
            select avg((k.product_id is not null)::int) from baskets b left join known k using (customer_id, product_id) where is_last
        ) from baskets""").fetchall()
    tell(f"  {customers:,} customers, {products:,} products, {baskets:,} baskets; {repeated:.0%} of the last baskets' products were in an earlier one")


def _judged(con: Backend, scored: str) -> list[str]:
    """Return each measure with its standard error."""
    rows = con.con.execute(_RANKED.format(scored=scored, longest=max(LENGTHS))).fetchall()
    told = []
    for length in LENGTHS:
        found = [(bought, [place for place in places or () if place <= length]) for _, bought, places in rows]
        told += [_mean([judge(bought, places) for bought, places in found]) for judge in (_recall, _ndcg, _hit)]
    return told


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.4f} ({np.std(values, ddof=1) / np.sqrt(len(values)):.4f})"


def _recall(bought: int, places: Sequence[int]) -> float:
    return len(places) / bought


def _ndcg(bought: int, places: Sequence[int]) -> float:
    return float(np.sum(1 / np.log2(np.array(places) + 1)) / np.sum(1 / np.log2(np.arange(bought) + 2)))


def _hit(bought: int, places: Sequence[int]) -> float:
    return float(bool(places))
