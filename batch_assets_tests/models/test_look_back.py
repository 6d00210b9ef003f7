"""Every model's look-back: the last day on which a model is in force knows all that it was trained on, so that any day may be asked first."""

import datetime as dt
from collections.abc import Callable, Sequence
from importlib import import_module

import pytest

from batch_assets.models._batches import Batch
from batch_assets.partitions import retrain_day
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table, Upstream

MONDAY = dt.date(2018, 7, 2)
LAST = MONDAY + dt.timedelta(days=6)
DAY = dt.timedelta(days=1)
MODELS = [table for table in configured_graph().in_order() if table.layer == "models"]
READ = [
    pytest.param(table, upstream, id=f"{table.name} {upstream.asset}") for table in MODELS for upstream in table.upstreams if upstream.look_back is not None
]


def version_of(table: Table) -> Callable[[Sequence[Batch]], str]:
    """Return the function that makes the version of the model of that Monday from batches."""
    version = import_module(f"batch_assets.models.{table.name}")._version
    return lambda batches: str(version(batches, MONDAY, *(["model"] if version.__code__.co_argcount > 2 else [])))


def test_every_model_is_found() -> None:
    assert {table.name for table in MODELS} == {"demand_model", "recommendation_model", "sentiment_model"}
    assert (retrain_day(LAST), retrain_day(LAST + DAY)) == (MONDAY, MONDAY + 7 * DAY)


@pytest.mark.parametrize(("table", "upstream"), READ)
def test_the_last_day_of_a_models_week_knows_all_that_it_is_made_of_and_no_more(table: Table, upstream: Upstream) -> None:
    version = version_of(table)

    def matters(day: dt.date) -> bool:
        one, other = (version([Batch(upstream.asset, day, content)]) for content in ("one", "other"))
        return one != other

    first, _ = upstream.known([LAST])
    assert matters(first)
    assert not matters(first - DAY)
