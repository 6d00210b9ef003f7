"""customer_members on a few links: who is one customer from when on, and under which number."""

import datetime as dt
from typing import Any

import ibis

from batch_assets.marts._identity.customers import number_of
from batch_assets.marts.customer_members import as_known, customer_members

from ..frames import days, frame, rows_of

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2017, 1, day) for day in (2, 3, 4, 5))
ALL_DAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)
A, B, C = (number_of(("till", key)) for key in "abc")


def record(key: str, day: dt.date = MONDAY) -> dict[str, Any]:
    return {"batch_date": day, "source": "till", "source_key": key}


def pair(left: str, right: str, day: dt.date = MONDAY, **fields: Any) -> dict[str, Any]:
    sides = {"left_source": "till", "left_key": left, "right_source": "till", "right_key": right}
    return {"batch_date": day, **sides, "status": "linked", "match_weight": 9.0} | fields


def decision(left: str, right: str, day: dt.date, said: str) -> dict[str, Any]:
    sides = {"left_source": "till", "left_key": left, "right_source": "till", "right_key": right}
    return {"batch_date": day, **sides, "decision": said}


def members(
    records: list[dict[str, Any]], links: list[dict[str, Any]], decisions: tuple[dict[str, Any], ...] = (), asked: tuple[dt.date, ...] = ALL_DAYS
) -> list[tuple[Any, ...]]:
    tables = {"customer_records": records, "customer_links": links, "customer_decisions": decisions}
    rows = rows_of(customer_members, days=days(*asked), **{name: frame(name, its) for name, its in tables.items()})
    return [(row["batch_date"], row["source_key"], row["customer_id"], row["was"], row["why"]) for row in rows]


def test_each_record_is_of_a_customer_from_its_first_day_on() -> None:
    assert members([record("a"), record("b", TUESDAY)], []) == [(MONDAY, "a", A, None, "new"), (TUESDAY, "b", B, None, "new")]


def test_linked_records_are_one_customer_under_the_number_of_the_earliest() -> None:
    found = members([record("b"), record("a", TUESDAY), record("c", TUESDAY)], [pair("a", "b", TUESDAY), pair("a", "c", TUESDAY)])
    assert found == [(MONDAY, "b", B, None, "new"), (TUESDAY, "a", B, None, "new"), (TUESDAY, "c", B, None, "new")]


def test_a_pair_for_review_is_no_link() -> None:
    assert {row[2] for row in members([record("a"), record("b")], [pair("a", "b", status="review")])} == {A, B}


def test_when_two_customers_turn_out_to_be_one_the_older_number_is_kept_and_the_merge_is_told() -> None:
    records = [record("a"), record("b", TUESDAY), record("c", TUESDAY)]
    found = members(records, [pair("b", "c", TUESDAY), pair("a", "c", WEDNESDAY)])
    assert found[3:] == [(WEDNESDAY, "b", A, B, "merged"), (WEDNESDAY, "c", A, B, "merged")]


def test_a_person_keeps_apart_whom_links_connect_and_whom_they_connect_later() -> None:
    records, links = [record(key) for key in "abc"], [pair("a", "b", match_weight=12.0), pair("b", "c", match_weight=7.0)]
    said = decision("a", "c", TUESDAY, "not same")
    found = members(records, [*links, pair("a", "c", WEDNESDAY)], (said,))
    assert found == [(MONDAY, "a", A, None, "new"), (MONDAY, "b", A, None, "new"), (MONDAY, "c", A, None, "new"), (TUESDAY, "c", C, A, "divided")]
    assert members(records, [*links, pair("a", "c", WEDNESDAY)], (said,), asked=(WEDNESDAY,)) == []


def test_the_stronger_link_wins_where_only_one_can_hold() -> None:
    records, links = [record(key) for key in "abc"], [pair("a", "b", match_weight=7.0), pair("b", "c", match_weight=12.0)]
    assert members(records, links, (decision("a", "c", TUESDAY, "not same"),))[3:] == [(TUESDAY, "b", B, A, "divided"), (TUESDAY, "c", B, A, "divided")]


def test_a_person_brings_together_what_no_link_connects_and_may_take_it_back() -> None:
    said = (decision("a", "b", TUESDAY, "same"), decision("a", "b", WEDNESDAY, "not same"), decision("a", "b", THURSDAY, "same"))
    found = members([record("a"), record("b")], [], said)
    assert found[2:] == [(TUESDAY, "b", A, B, "merged"), (WEDNESDAY, "b", B, A, "divided"), (THURSDAY, "b", A, B, "merged")]


def test_a_decision_about_a_record_that_nobody_knows_waits_for_it() -> None:
    said = (decision("a", "b", MONDAY, "same"), decision("a", "z", MONDAY, "not same"))
    assert members([record("a"), record("b", TUESDAY)], [], said) == [(MONDAY, "a", A, None, "new"), (TUESDAY, "b", A, None, "new")]


def test_a_day_alone_is_what_it_is_in_a_range() -> None:
    records = [record("a"), record("b", TUESDAY), record("c", TUESDAY), record("d", WEDNESDAY)]
    links = [pair("b", "c", TUESDAY), pair("a", "c", WEDNESDAY), pair("c", "d", THURSDAY)]
    said = (decision("a", "d", WEDNESDAY, "not same"),)
    whole = members(records, links, said)
    assert [row for day in ALL_DAYS for row in members(records, links, said, asked=(day,))] == whole


def test_who_a_customer_was_is_what_was_known_then() -> None:
    rows = [{"batch_date": day, "source": "till", "source_key": "b", "customer_id": number} for day, number in ((MONDAY, B), (WEDNESDAY, A))]
    known = ibis.duckdb.connect().to_pyarrow(as_known(days(*ALL_DAYS), frame("customer_members", rows))).to_pylist()
    assert {row["batch_date"]: row["customer_id"] for row in known} == {MONDAY: B, TUESDAY: B, WEDNESDAY: A, THURSDAY: A}
