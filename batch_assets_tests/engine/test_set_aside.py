"""Rows that are set aside come back in their order, however many there are, and memory does not grow with them."""

import tracemalloc

import pyarrow as pa
import pytest

from batch_assets.engine import set_aside
from batch_assets.engine.set_aside import SetAside

SCHEMA = pa.schema([("place", pa.int64()), ("text", pa.string())])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(("rows", "characters"), [(3, 1000), (1000, 8), (1, 1), (1000, 1000)])
def test_what_is_set_aside_comes_back_in_its_order(monkeypatch: pytest.MonkeyPatch, count: int, rows: int, characters: int) -> None:
    monkeypatch.setattr(set_aside, "ROWS_IN_MEMORY", rows)
    monkeypatch.setattr(set_aside, "CHARACTERS_IN_MEMORY", characters)
    given = [{"place": n, "text": "text" if n % 2 else None} for n in range(count)]
    with SetAside(SCHEMA) as aside:
        for row in given:
            aside.add(row)
        assert pa.Table.from_batches(aside.batches(), SCHEMA).to_pylist() == given


def test_memory_does_not_grow_with_what_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "ROWS_IN_MEMORY", 1000)

    def peak(count: int) -> int:
        tracemalloc.start()
        with SetAside(SCHEMA) as aside:
            for n in range(count):
                aside.add({"place": n, "text": "x" * 50})
            assert sum(batch.num_rows for batch in aside.batches()) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(5000)
    assert peak(50_000) < 1.5 * peak(5000)
