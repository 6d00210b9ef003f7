"""What a worker does that reads raw files: it recognizes those who are erased, whatever its own settings, and tells which file it cannot read."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch_assets.engine.spark.raw import ReadingFiles
from batch_assets.errors import StorageError
from batch_assets.settings import settings

from ...ingest.test_erasures import DAY, PEOPLE, erase


def reading(lake: Path, to: Path) -> ReadingFiles:
    """Return what goes to a worker to read a day, of which somebody is erased."""
    erase(lake, people=(("Ann Roy", "08772"),))
    path = PEOPLE.path(lake, DAY)
    path.write_text("name,postcode,spent\nAnn Roy,08772,1\nBen Fox,08772,2\nno row\n")
    to.mkdir()
    return ReadingFiles(PEOPLE, lake, [(DAY, path)], to, settings.pseudonym_salt)


def told(files: ReadingFiles) -> dict[str, Any]:
    """Return what a worker tells of the first file."""
    (batch,) = files([pa.record_batch({"id": [0]})])
    found: dict[str, Any] = json.loads(batch["told"][0].as_py())
    return found


def test_who_is_erased_is_so_in_a_worker_that_has_another_salt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = reading(tmp_path / "lake", tmp_path / "read")
    monkeypatch.setattr(settings, "pseudonym_salt", "another machine's")
    read = told(files)
    assert (read["number"], read["rows"]) == (0, 3)
    assert pq.read_table(f"{read['stem']}.raw")["name"].to_pylist() == ["", "Ben Fox"]
    assert pq.read_table(f"{read['stem']}.no_rows")["source_line"].to_pylist() == [4]


def test_a_file_that_a_worker_does_not_see_is_named(tmp_path: Path) -> None:
    files = reading(tmp_path / "lake", tmp_path / "read")
    PEOPLE.path(tmp_path / "lake", DAY).unlink()
    with pytest.raises(StorageError, match=rf"{DAY}\.csv: a worker cannot read it, .*: No such file or directory\. Workers need the lake"):
        told(files)
