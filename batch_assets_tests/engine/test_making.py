"""How a generator's rows are asked for."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from batch_assets.engine.making import begun


def batches(count: int, told: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield batches of one row, and tell which was made."""
    for number in range(count):
        told.append(number)
        yield pa.RecordBatch.from_pylist([{"number": number}])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_first_rows_are_made_at_once_and_the_others_as_they_are_asked_for(count: int) -> None:
    told: list[int] = []
    rows = begun(batches(count, told))
    assert told == [*range(count)][:1]
    assert [row["number"].to_pylist() for row in rows] == [[number] for number in range(count)]
