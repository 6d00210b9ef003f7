"""Parts of the rows to score: each row is in one, groups are whole, and a part is about as large as it may be."""

import datetime as dt

import ibis
import pytest
from ibis.backends.duckdb import Backend

from batch_assets.engine import parts as module
from batch_assets.engine.parts import parts

from .conftest import like

DAY = dt.date(2017, 1, 2)


@pytest.fixture
def con() -> Backend:
    """Counts of the letters `a` to `j`, the n-th of which n times, one with a quote, some of nobody, and as many on another day."""
    con = ibis.duckdb.connect()
    con.con.execute(f"""create view recent_counts as
        select date '{DAY}' + later::int as batch_date, nullif(chr((97 + n)::int), 'c') || if(n = 9, '''', '') as kind, copy as pieces
        from range(10) letters(n), range(n + 1) copies(copy), range(2) days(later)""")
    return con


@pytest.mark.parametrize(("at_once", "expected"), [(1000, 1), (20, 4), (1, 10)])
def test_each_row_is_in_one_part_and_a_group_in_one(con: Backend, monkeypatch: pytest.MonkeyPatch, at_once: int, expected: int) -> None:
    monkeypatch.setattr(module, "ORDERED_AT_ONCE", at_once)
    table = like("expected_counts", lambda rows, mean_model: rows, scores=lambda recent_counts: recent_counts, together=("batch_date", "kind"))
    found = [
        con.con.execute(f"select kind, count(*) from recent_counts where batch_date = '{DAY}' and ({part}) group by 1").fetchall()
        for part in parts(con, table, [DAY])
    ]
    assert len(found) == expected
    groups = [group for part in found for group in part]
    assert sorted(groups, key=str) == sorted(((None if n == 2 else "j'" if n == 9 else chr(97 + n), n + 1) for n in range(10)), key=str)


def test_rows_that_no_upstream_has_the_column_of_are_one_part(con: Backend) -> None:
    table = like("expected_counts", lambda rows, mean_model: rows, scores=lambda recent_counts: recent_counts, together=("batch_date", "other"))
    assert parts(con, table, [DAY]) == ["true"]
