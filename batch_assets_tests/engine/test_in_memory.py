"""Databases in memory: two of one working directory never read what the other put on the disk, since none puts anything there."""

import re
from pathlib import Path

import duckdb
import pytest

from batch_assets.engine.in_memory import in_memory
from batch_assets.settings import PROJECT


def test_what_has_no_room_is_an_error_and_goes_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with in_memory() as connection:
        connection.execute("set memory_limit = '20MiB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute("create temp table many as select hash(range) as a from range(5000000)")
    assert not list(tmp_path.iterdir())


def test_no_other_is_opened() -> None:
    assert [path.name for path in (PROJECT / "batch_assets").rglob("*.py") if re.search(r"duckdb\.connect\((config|\))", path.read_text())] == ["in_memory.py"]
