"""Matches of a regular expression, in order."""

import ibis

from batch_assets.expressions.matches import count_of, matches


def test_matches_come_in_order_and_are_counted() -> None:
    table = ibis.memtable({"text": ["a1b22", "x", ""]})
    rows = ibis.duckdb.connect().to_pyarrow(table.select(found=matches(table.text, r"\d+"), count=count_of(table.text, r"\d+"))).to_pylist()
    assert rows == [{"found": ["1", "22"], "count": 2}, {"found": [], "count": 0}, {"found": [], "count": 0}]
