"""Reviews come on their day about a product that fits, those of the test set never, and every piece of dirt is where the manifest says."""

import gzip
import json
from typing import Any

from batch_assets.demo.customers.dirt import ADDED, CHANGED, LONG, REJECTED
from batch_assets.demo.customers.reviews import SHIFTS, Reviews
from batch_assets.demo.customers.source import held_out, reviews
from batch_assets.demo.source import load

from ..conftest import HOUSEHOLDS, Lake


def lines_of(lake: Lake, entry: dict[str, Any]) -> list[str]:
    """Return the lines of a day's reviews."""
    return gzip.decompress((lake.path / entry["file"]).read_bytes()).decode().split("\n")[:-1]


def test_every_piece_of_dirt_is_where_the_manifest_says(lake: Lake) -> None:
    kinds: set[str] = set()
    for entries in lake.days().values():
        entry = entries["reviews"]
        lines = lines_of(lake, entry)
        assert len(lines) == entry["lines"]
        for kind, found in {**entry["dirt"], **entry["kept"]}.items():
            kinds |= {kind} if found else set()
            for place in found:
                text, before = lines[place["line"] - 1], lines[place["line"] - 2]
                assert _is(kind, text, before), (kind, text)
    assert kinds >= {*REJECTED, *CHANGED, *ADDED} - {"long"}


def _is(kind: str, text: str, before: str) -> bool:
    if kind == "broken_json":
        return not text.endswith("}")
    written = json.loads(text)["text"]
    return {
        "repeated": text == before,
        "empty": not written.replace("<br />", "").strip(),
        "half_character": text.count("\\ud83d") == 1,
        "emoji": any(ord(sign) > 0x2000 for sign in written),
        "control_characters": any(not sign.isprintable() for sign in written),
        "contact": any(part in written for part in ("example.com", "(555)", "Street")),
        "near_repeat": written.endswith("!!") and written == written.upper(),
        "too_short": len(written.split()) < 5,
        "long": len(written) == LONG,
        "other_language": True,
    }[kind]


def test_a_year_has_each_review_once_and_none_that_judges(lake: Lake) -> None:
    source = load(HOUSEHOLDS)
    year = Reviews(source, 0)
    texts = [json.loads(line)["text"] for day in source.calendar for line in gzip.decompress(year.file(day)[0]).decode().split("\n")[:-1]]
    judging = {review.text for review in held_out()}
    assert sorted(texts) == sorted(review.text for review in reviews())
    assert len(texts) == 3979
    assert len(judging) == 993
    assert not judging & {*texts}
    assert not judging & {json.loads(line)["text"] for entries in lake.days().values() for line in lines_of(lake, entries["reviews"]) if line.endswith("}")}


def test_an_author_buys_what_is_reviewed_and_only_some_have_a_number(lake: Lake) -> None:
    source = load(HOUSEHOLDS)
    bought = {*zip(source.lines["product_id"].to_pylist(), source.lines["household_id"].to_pylist(), strict=True)}
    year, known = Reviews(source, 0), list[bool]()
    for day in source.calendar[:60]:
        written = [json.loads(line) for line in gzip.decompress(year.file(day)[0]).decode().split("\n")[:-1]]
        assert {(row["product_id"], household) for row, (_, household) in zip(written, year.truth(day), strict=True)} <= bought
        known += [row["marketing_id"] is not None for row in written]
    assert 0.3 < sum(known) / len(known) < 0.5
    assert "household" not in "".join(line for entries in lake.days().values() for line in lines_of(lake, entries["reviews"]))[:5000]


def test_a_shift_moves_reviews_of_one_kind_to_the_best_selling_product() -> None:
    source = load()
    year = Reviews(source, 0)
    shift = next(shift for shift in SHIFTS if shift.category == "BAG SNACKS")
    days = [day for day in source.calendar if day.month == 12]
    told: dict[bool, list[bool]] = {True: [], False: []}
    its_products = dict(zip(source.products["product_id"].to_pylist(), source.products["product_category"].to_pylist(), strict=True))
    for day in days:
        for line in gzip.decompress(year.file(day)[0]).decode().split("\n")[:-1]:
            row = json.loads(line)
            if its_products[row["product_id"]] == shift.category and row["five_stars"] is not None:
                told[shift.first <= day <= shift.last].append(row["five_stars"])
    assert sum(told[True]) / len(told[True]) < sum(told[False]) / len(told[False]) - 0.3
    assert "BAG SNACKS" in year.file(shift.first)[1]["shifted"]
