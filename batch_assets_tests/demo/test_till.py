"""The till log: every line is what the manifest says it is."""

import csv
import datetime as dt
import re
from collections import Counter
from zoneinfo import ZoneInfo

from batch_assets.demo.dirt import RATES

from .conftest import LAST, Lake

COLUMNS = (
    "receipt_id",
    "line_no",
    "sold_at",
    "store_id",
    "customer_name",
    "postcode",
    "product_id",
    "quantity",
    "amount",
    "retail_discount",
    "coupon_discount",
    "coupon_match_discount",
)
CLOSED = dt.date(2017, 12, 25)


def _kind(line: bytes, day: dt.date, seen: set[bytes]) -> str:
    """Say what is wrong with a line, from the line alone and those before it."""
    try:
        fields = next(csv.reader([line.decode().rstrip("\n")]))
    except UnicodeDecodeError:
        return "wrong_encoding"
    if not line.endswith(b"\n"):
        return "cut_off" if len(fields) < len(COLUMNS) else "no newline"
    if len(fields) != len(COLUMNS):
        return "extra_field" if len(fields) == len(COLUMNS) + 1 else "strange"
    row = dict(zip(COLUMNS, fields, strict=True))
    if not re.fullmatch(r"\d+", row["quantity"]) or not re.fullmatch(r"\d+\.\d\d", row["amount"]):
        return "broken_number"
    sold = _local_day(row["sold_at"])
    if sold is None or sold > day or sold.year < day.year:
        return "clock_error"
    if line in seen:
        return "repeated"
    return "late" if sold < day else ""


def _local_day(text: str) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(text).astimezone(ZoneInfo("America/New_York")).date()
    except ValueError:
        return None


def _kinds(lake: Lake, day: dt.date) -> dict[int, str]:
    seen: set[bytes] = set()
    found: dict[int, str] = {}
    for number, line in enumerate(lake.till_lines(day)[1:], 2):
        found[number] = _kind(line, day, seen)
        seen.add(line)
    return found


def test_each_line_is_what_the_manifest_says(whole_lake: Lake) -> None:
    """The kind that a line shows is the kind that the manifest has at its number, in every file."""
    for day, entries in whole_lake.days().items():
        sales = entries["sales"]
        told = {instance["line"]: kind for kind, instances in sales["dirt"].items() for instance in instances}
        found = _kinds(whole_lake, day)
        assert {number: kind for number, kind in found.items() if kind} == told, day
        assert (len(found), list(found.values()).count("")) == (sales["lines"], sales["clean"]), day
        assert {kind: len(instances) for kind, instances in sales["dirt"].items()} == sales["counts"], day


def test_every_kind_of_dirt_occurs(whole_lake: Lake) -> None:
    """The small lake is dirty enough that the other tests see every kind."""
    total = sum((Counter(entries["sales"]["counts"]) for entries in whole_lake.days().values()), Counter[str]())
    assert {*RATES, "cut_off"} == (+total).keys()


def test_instances_are_identified(whole_lake: Lake) -> None:
    """An instance's line begins with its receipt and line number; the raw line and the copied line are as told."""
    for day, entries in whole_lake.days().items():
        lines = whole_lake.till_lines(day)
        for instance in (i for instances in entries["sales"]["dirt"].values() for i in instances):
            line = lines[instance["line"] - 1]
            assert line.startswith(f"{instance['receipt_id']},{instance['line_no']},".encode())
            assert line == lines[instance.get("copy_of", instance["line"]) - 1]
            if "raw" in instance:
                assert line == f"{instance['raw']}\n".encode(errors="surrogateescape")


def test_late_lines_come_one_to_three_open_days_later(whole_lake: Lake) -> None:
    """What a day sent late is missing in its own file and comes in the file of the day that the manifest names."""
    days = whole_lake.days()
    sent = {(i["receipt_id"], i["line_no"], i["arrives_on"]) for e in days.values() for i in e["sales"]["sent_late"]}
    came = {(i["receipt_id"], i["line_no"], str(d)) for d, e in days.items() for i in e["sales"]["dirt"]["late"]}
    assert sent == came
    calendar = sorted(days)
    for day, entries in days.items():
        for instance in entries["sales"]["dirt"]["late"]:
            sold = dt.date.fromisoformat(instance["sold_on"])
            assert 1 <= calendar.index(day) - calendar.index(sold) <= 3
    assert not days[LAST]["sales"]["sent_late"]


def test_lines_stand_in_order(whole_lake: Lake) -> None:
    """Clean and late lines are in order of time, receipt and line number."""
    for day, entries in whole_lake.days().items():
        dirty = {i["line"] for kind, found in entries["sales"]["dirt"].items() if kind != "late" for i in found}
        lines = [line for n, line in enumerate(whole_lake.till_lines(day), 1) if n > 1 and n not in dirty]
        keys = [(row[2], int(row[0]), int(row[1])) for row in csv.reader(line.decode() for line in lines)]
        assert keys == sorted(keys), day


def test_a_closed_day_has_no_file(lake: Lake) -> None:
    """The store was closed on Christmas Day, so nothing of it arrives."""
    assert not [name for name in lake.files() if str(CLOSED) in name]
    assert CLOSED not in lake.days()


def test_no_household_number_is_in_the_header(whole_lake: Lake) -> None:
    """Customers are known by what the cashier typed, and by nothing else."""
    for day in whole_lake.days():
        assert whole_lake.till_lines(day)[0].decode() == ",".join(COLUMNS) + "\n"
