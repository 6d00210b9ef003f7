"""How fast each format is read, beside a plain reader of the same bytes.

Both turn a file in memory, made of the demo's own records, into columns of text. The plain readers are what one would write in a few lines: they keep no
positions, stop at the first bad row, and hold the whole file. Each runs on one core.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import pyarrow as pa

from batch_assets.ingest.lakefile import LakeFile

from .bars import Bar, interleaved, median, print_table
from .workshop import GRAPH, Workshop

ROWS = 60_000
TIMES = 5


@dataclass(frozen=True)
class Feed:
    """A file of many records, and a plain way to read it.

    Attributes:
        source: the source whose format it has.
        content: the file, unpacked.
        plain: returns the rows' fields.
    """

    source: LakeFile
    content: bytes
    plain: Callable[[], Sequence[tuple[str | None, ...]]]


def measure(_workshop: Workshop) -> list[Bar]:
    """Print the rates; there is no bar."""
    rows: list[list[object]] = []
    for feed in (_redemptions(), _sends(), _contacts(), _deliveries(), _requests()):
        seconds = interleaved(TIMES, {"ours": lambda feed=feed: _read(feed), "plain": lambda feed=feed: _columns(feed)})  # type: ignore[misc]
        assert _read(feed) == _columns(feed) == ROWS
        ours, plain = median(seconds["ours"]), median(seconds["plain"])
        rate = len(feed.content) / ours / 1e6
        rows.append([type(feed.source.format).__name__, f"{ROWS / ours:,.0f}", f"{ROWS / plain:,.0f}", f"{plain / ours:.2f}", f"{rate:.0f}"])
    print_table(f"Reading {ROWS:,} records in memory, medians of {TIMES}", ["format", "rows/s", "plain, rows/s", "ratio", "MB/s"], rows)
    return []


def _read(feed: Feed) -> int:
    columns = tuple(feed.source.columns)
    return sum(len(block.lines) for block in feed.source.format.read(io.BytesIO(feed.content), columns, _never))


def _never(refused: object) -> None:
    raise AssertionError(refused)


def _columns(feed: Feed) -> int:
    columns = [pa.array(values, pa.string()) for values in zip(*feed.plain(), strict=True)]
    return len(columns[0])


def _redemptions() -> Feed:
    line = "1730{n:05};05.11.2017;429;18;51600030101;C104021;Nu\u00f1ez, Patrick;1,29"
    source = GRAPH.source("redemptions")
    content = "".join(f"{text}\n" for text in [";".join(source.columns), *(line.format(n=n) for n in range(ROWS))]).encode("latin-1")

    def plain() -> Sequence[tuple[str | None, ...]]:
        return [tuple(row) for row in csv.reader(io.StringIO(content.decode("latin-1")), delimiter=";")][1:]

    return Feed(source, content, plain)


def _sends() -> Feed:
    source = GRAPH.source("send_log")
    told = {"contact_id": "C101079", "campaign_id": 3, "channel": "email", "sent_at": "2017-05-08T14:00:00Z"}
    content = "".join(f"{json.dumps({'send_id': n} | told)}\n" for n in range(ROWS)).encode()
    return Feed(source, content, lambda: [_texts(json.loads(line), source) for line in content.splitlines()])


def _contacts() -> Feed:
    source = GRAPH.source("contact_list")
    told = {"name": "John Maddox", "email": "jmaddox@example.net", "birth_year": 1951, "postcode": None}
    content = json.dumps({"contacts": [{"contact_id": f"C{n:06}"} | told for n in range(ROWS)]}).encode()
    return Feed(source, content, lambda: [_texts(record, source) for record in json.loads(content)["contacts"]])


def _texts(record: dict[str, object], source: LakeFile) -> tuple[str | None, ...]:
    return tuple(None if record[name] is None else str(record[name]) for name in source.columns)


def _deliveries() -> Feed:
    head = '<Deliveries xmlns="urn:example:logistics:deliveries:1" xmlns:party="urn:example:party:2">'
    record = (
        '<Delivery number="{n}"><DeliveredAt>2017-05-04T09:37:10Z</DeliveredAt><Store>296</Store><Receipt>33027775017</Receipt><Recipient>'
        "<party:Name>Cruz, Erin</party:Name><party:Phone>(792) 555-0199</party:Phone><party:Address><party:Street>038 Julia Villages</party:Street>"
        "<party:Postcode>70492</party:Postcode><party:City>New Joseph</party:City></party:Address></Recipient></Delivery>\n"
    )
    content = f"{head}{''.join(record.format(n=n) for n in range(ROWS))}</Deliveries>".encode()

    def plain() -> Sequence[tuple[str | None, ...]]:
        found: list[tuple[str | None, ...]] = []
        for _, element in ElementTree.iterparse(io.BytesIO(content)):
            if element.tag.endswith("}Delivery"):
                found.append((element.get("number"), *(leaf.text for leaf in element.iter() if not len(leaf))))
                element.clear()
        return found

    return Feed(GRAPH.source("delivery_notes"), content, plain)


def _requests() -> Feed:
    line = '198.51.100.47 - - [15/May/2017:21:32:53 -0400] "GET /products/{n} HTTP/1.1" 200 829 "https://shop.example/offers/8" "Mozilla/5.0" "mid=C108892"'
    content = "".join(f"{line.format(n=n)}\n" for n in range(ROWS)).encode()
    quoted = r'"((?:[^"\\]|\\.)*)"'
    pattern = re.compile(rf"(\S+) \S+ \S+ \[([^\]]*)\] {quoted} (\S+) (\S+) {quoted} {quoted} {quoted}")
    return Feed(GRAPH.source("access_log"), content, lambda: [_groups(pattern, line) for line in content.decode().splitlines()])


def _groups(pattern: re.Pattern[str], line: str) -> tuple[str | None, ...]:
    found = pattern.fullmatch(line)
    assert found
    return found.groups()
