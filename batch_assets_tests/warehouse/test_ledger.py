"""The ledger: missing batches are named with what to do, and an inputs' hash is of its window alone."""

import datetime as dt

import pytest

from batch_assets.errors import MissingBatchError
from batch_assets.table.table import Upstream
from batch_assets.warehouse.ledger import inputs_hash

from ..shop_lake import day_of

PUBLISHED = {("marts.shelf_kinds", day_of(n)): f"content {n}" for n in range(6)}


@pytest.mark.parametrize(("number", "changes"), [(0, False), (1, False), (2, True), (3, True), (4, False), (5, False)])
def test_the_hash_changes_only_with_a_batch_in_the_window(number: int, changes: bool) -> None:
    upstream = Upstream("marts.shelf_kinds", 1)
    restated = PUBLISHED | {("marts.shelf_kinds", day_of(number)): "other"}
    assert (inputs_hash(restated, upstream, day_of(3)) != inputs_hash(PUBLISHED, upstream, day_of(3))) is changes


def test_the_hash_says_which_day_has_which_content() -> None:
    alike = {("marts.shelf_kinds", day_of(n)): "nothing" for n in range(6)}
    upstream = Upstream("marts.shelf_kinds", 1)
    swapped = PUBLISHED | {("marts.shelf_kinds", day_of(2)): "content 3", ("marts.shelf_kinds", day_of(3)): "content 2"}
    assert inputs_hash(alike, upstream, day_of(2)) != inputs_hash(alike, upstream, day_of(3))
    assert inputs_hash(swapped, upstream, day_of(3)) != inputs_hash(PUBLISHED, upstream, day_of(3))


@pytest.mark.parametrize(
    ("gone", "told"), [([1], "--partition 2017-01-02$"), ([1, 3], r"2017-01-02, 2017-01-04 are not .*--partition-range 2017-01-02\.\.\.2017-01-04$")]
)
def test_missing_batches_are_named_with_the_command_to_run(gone: list[int], told: str) -> None:
    left: dict[tuple[str, dt.date], str] = {key: c for key, c in PUBLISHED.items() if key[1] not in [day_of(n) for n in gone]}
    with pytest.raises(MissingBatchError, match=told) as missing:
        inputs_hash(left, Upstream("marts.shelf_kinds", None), day_of(4))
    assert 'key:"marts/shelf_kinds"' in str(missing.value)
    assert missing.value.day == day_of(4)
