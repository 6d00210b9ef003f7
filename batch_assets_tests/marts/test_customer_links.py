"""customer_links on a few records: what is linked, what a person is asked, and what was not known yet."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.customer_links import customer_links

from ..frames import days, frame, rows_of

MONDAY, TUESDAY, WEDNESDAY = (dt.date(2017, 1, day) for day in (2, 3, 4))
ALL_DAYS = (MONDAY, TUESDAY, WEDNESDAY)


def record(key: str, given: str | None = "gregory", family: str = "martinez", day: dt.date = MONDAY, **fields: Any) -> dict[str, Any]:
    return {"batch_date": day, "source": "till", "source_key": key, "given_name": given, "family_name": family, "postcode": "08772"} | fields


def contact(key: str, given: str = "gregory", family: str = "martinez", day: dt.date = MONDAY, **fields: Any) -> dict[str, Any]:
    return record(key, given, family, day, source="marketing", postcode=None, email=f"{key}@example.com") | fields


def links(*records: dict[str, Any], asked: tuple[dt.date, ...] = ALL_DAYS) -> list[dict[str, Any]]:
    return rows_of(customer_links, days=days(*asked), customer_records=frame("customer_records", records))


def told(*records: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["left_key"], row["right_key"], row["status"]) for row in links(*records)]


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("gregory", "martinez"),
        ("gergory", "martinez"),
        ("gregory", "martinze"),
        ("gregorym", "artinez"),
        ("g", "martinez"),
        ("gre", "martinez"),
        ("gregory", "m"),
    ],
)
def test_one_person_is_written_in_many_ways(given: str, family: str) -> None:
    assert told(record("a"), record("b", given, family)) == [("a", "b", "linked")]


def test_the_row_says_in_what_two_records_agree_and_what_that_weighs() -> None:
    (row,) = links(record("a", source="logistics", phone="5550100"), record("b", "gergory"))
    assert row["evidence"] == "name one slip +11.0, postcode the same +9.9"
    assert (row["why"], row["probability"]) == ("the weight", 0.9987)
    assert row["match_weight"] == pytest.approx(9.6, abs=0.05)
    (row,) = links(record("a", birth_year=1970), record("b", birth_year=1971))
    assert row["evidence"] == "name the same +12.0, postcode the same +9.9, birth year another -6.6"


@pytest.mark.parametrize(("given", "family"), [("george", "martinez"), ("maria", "martinez"), ("gregory", "meyer"), ("ann", "lee")])
def test_people_of_one_postcode_are_not_linked(given: str, family: str) -> None:
    assert "linked" not in {status for _, _, status in told(record("a"), record("b", given, family))}


def test_a_household_is_not_a_person() -> None:
    at_home: dict[str, Any] = {"source": "logistics", "phone": "5550100", "street": "1 elm st"}
    (row,) = links(record("a", **at_home), record("b", "maria", **at_home))
    assert (row["status"], row["why"]) == ("review", "the given names differ")
    assert row["match_weight"] > 6


def test_an_initial_that_fits_two_people_is_neither() -> None:
    found = {pair: status for *pair_, status in told(record("a"), record("b", "george"), record("c", "g")) if (pair := tuple(pair_))}
    assert found == {("a", "b"): "review", ("a", "c"): "review", ("b", "c"): "review"}


def test_a_slip_in_the_whole_name_does_not_make_its_initial_ambiguous() -> None:
    found = {(left, right): status for left, right, status in told(record("a"), record("b", "gergory"), record("c", "g"))}
    assert found == {("a", "b"): "linked", ("a", "c"): "linked", ("b", "c"): "linked"}


def test_who_comes_later_does_not_change_what_was_known() -> None:
    rows = links(record("a"), record("c", "g"), record("b", "george", day=TUESDAY))
    assert [(row["batch_date"], row["left_key"], row["right_key"], row["status"]) for row in rows] == [
        (MONDAY, "a", "c", "linked"),
        (TUESDAY, "a", "b", "review"),
        (TUESDAY, "b", "c", "review"),
    ]
    assert links(record("a"), record("c", "g"), record("b", "george", day=TUESDAY), asked=(MONDAY,)) == rows[:1]
    assert links(record("a"), record("c", "g"), record("b", "george", day=TUESDAY), asked=(TUESDAY,)) == rows[1:]


def test_without_a_postcode_a_name_is_enough_if_nobody_else_has_it() -> None:
    (row,) = links(record("a"), contact("c"))
    assert (row["status"], row["why"]) == ("linked", "nobody else of this name is known")
    rows = links(record("a"), record("b", postcode="30301"), contact("c"))
    assert [(row["status"], row["why"]) for row in rows] == 2 * [("review", "several people of this name are known")]


def test_a_namesake_who_comes_later_is_not_linked_too() -> None:
    rows = links(record("a"), contact("c"), record("b", postcode="30301", day=TUESDAY))
    assert [(row["left_key"], row["right_key"], row["status"]) for row in rows] == [("c", "a", "linked"), ("c", "b", "review")]


def test_another_postcode_is_no_link_by_the_name_alone() -> None:
    assert told(record("a"), contact("c", postcode="30301")) == []


@pytest.mark.parametrize(("source", "pair"), [("till", ("c", "b")), ("logistics", ("b", "c"))])
def test_a_contact_that_moves_is_compared_as_it_was_and_as_it_is(source: str, pair: tuple[str, str]) -> None:
    known = (contact("c", postcode="08772"), contact("c", day=TUESDAY, postcode="30301"))
    rows = links(*known, record("a", day=TUESDAY, source=source), record("b", day=WEDNESDAY, postcode="30301", source=source))
    assert [(row["batch_date"], row["left_key"], row["right_key"]) for row in rows] == [(WEDNESDAY, *pair)]


def test_a_weight_that_is_nearly_enough_is_a_question() -> None:
    (row,) = links(contact("c", postcode="08772"), contact("d", "gergory", "martinze", postcode="08772"))
    assert (row["status"], row["why"]) == ("review", "the weight is low")
    assert 5 < row["match_weight"] < 6


def test_a_mail_box_of_several_places_is_no_evidence_from_then_on() -> None:
    places = {"08772": MONDAY, "30301": TUESDAY, "60601": WEDNESDAY}
    using = [contact(f"c{n}", postcode=place, day=day, email="office@example.com") for n, (place, day) in enumerate(places.items())]
    assert told(*using) == [("c0", "c1", "linked")]
    (row,) = links(*using[:2])
    assert row["evidence"] == "name the same +12.0, postcode another -4.3, email the same +13.0"


def test_a_record_is_not_paired_with_itself() -> None:
    assert told(contact("c", postcode="08772"), contact("c", day=TUESDAY, postcode="08772", birth_year=1970)) == []


@pytest.mark.parametrize("unknown", [{"given_name": None}, {"postcode": None, "given_name": None}])
def test_nothing_is_said_of_what_is_not_known(unknown: dict[str, Any]) -> None:
    assert told(record("a") | unknown, record("b") | unknown) == []
