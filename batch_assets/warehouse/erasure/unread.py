"""Raw files that nothing has read yet: no mart and no quarantine has their lines, so they are searched themselves."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from ...errors import LakeError
from ...ingest.formats.format import Refused
from ...ingest.lakefile import LakeFile


def unread(con: Backend, source: LakeFile, lake: Path) -> Iterator[tuple[str, dt.date]]:
    """Yield the files of a source that nothing has read, below the lake's root, and their days."""
    known = {file for (file,) in con.con.execute("select distinct file from quality.raw_files where source = ?", [source.name]).fetchall()}
    for form in source.forms:
        pattern = re.compile(re.escape(form.pattern).replace(r"\{day\}", r"(\d{4}-\d\d-\d\d)").replace(r"\*", "[^/]*"))
        for path in sorted(lake.glob(form.pattern.format(day="*"))):
            name = str(path.relative_to(lake))
            if name not in known and (named := pattern.fullmatch(name)):
                yield name, dt.date.fromisoformat(named[1])


def lines_of(source: LakeFile, lake: Path, file: str, day: dt.date) -> Iterator[dict[str, Any]]:
    """Yield each line of a file with its place: `raw` is a row, as JSON, or a line that is none, as the quarantine has them.

    A file that cannot be read has no lines; whoever is named in it is found there at the end.
    """
    refused = list[Refused]()
    where = {"batch_date": day, "source_file": file}
    try:
        for batch in source.read_as_is(lake, lake / file, day, refused.append):
            yield from (where | {"source_line": row["source_line"], "raw": json.dumps(row, default=str)} for row in batch.to_pylist())
    except LakeError:
        return
    yield from (where | {"source_line": line.line, "raw": line.raw} for line in refused)
