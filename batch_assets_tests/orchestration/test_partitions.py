"""The calendar as Dagster's partitions: every batch day, from the first to the last."""

from batch_assets.orchestration.partitions import DAILY
from batch_assets.partitions import days_of

from ..shop_lake import day_of


def test_the_calendar_has_every_day_from_first_to_last() -> None:
    assert days_of(DAILY.get_partition_keys()) == [day_of(n) for n in range(365)]
