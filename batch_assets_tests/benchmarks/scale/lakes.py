"""Large days: the demo's till lines again and again, each time of other receipts, in a lake that has all else from the demo's."""

import datetime as dt
import gzip
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip

from ..workshop import GRAPH

_packed = cast(Callable[..., BinaryIO], igzip.IGzipFile)


def enlarged(small: Path, large: Path, day: dt.date, lines: int) -> None:
    """Write a lake whose till log of one day has so many lines; the other files are links to those of the given one. A copy of a day is in memory at once."""
    till = GRAPH.source("pos_log").path(small, day).relative_to(small)
    for path in small.rglob("*"):
        target = large / path.relative_to(small)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path != small / till:
            target.symlink_to(path)
    with gzip.open(small / till, "rb") as file:
        header, *sent = file.read().splitlines(keepends=True)
    receipts = [line.partition(b",") for line in sent]
    with _packed(large / till, "wb", compresslevel=1) as file:
        file.write(header)
        for copy in count():
            if (left := lines - copy * len(receipts)) <= 0:
                return
            file.write(b"".join(b"%s%05d,%s" % (receipt, copy, rest) for receipt, _, rest in receipts[:left]))
