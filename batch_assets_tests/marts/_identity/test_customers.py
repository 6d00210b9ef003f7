"""Customers on any history: components of the links, under the earliest record's number, and never two whom a person keeps apart."""

from hypothesis import given
from hypothesis import strategies as st

from batch_assets.marts._identity.customers import Customers, Day, Record, number_of

RECORDS: list[Record] = [("till", key) for key in "abcdefg"]
PAIR = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] != pair[1])


@st.composite
def histories(draw: st.DrawFn, *, decisions: bool) -> list[Day]:
    """Draw days on which records come up, one after the other, and pairs of those that are known by then."""
    days, known = [], 0
    for _ in range(draw(st.integers(1, 5))):
        new = draw(st.integers(0, len(RECORDS) - known))
        known += new
        pairs = [[(RECORDS[a], RECORDS[b]) for a, b in draw(st.lists(PAIR, max_size=4)) if max(a, b) < known] for _ in range(3)]
        apart = pairs[1] if decisions else []
        together = [pair for pair in pairs[2] if pair not in apart and pair[::-1] not in apart] if decisions else []
        days.append(Day(RECORDS[known - new : known], pairs[0], apart, together))
    return days


@given(histories(decisions=False))
def test_customers_are_what_links_connect_under_the_number_of_the_earliest(days: list[Day]) -> None:
    customers, numbers, group = Customers(), dict[Record, int](), dict[Record, set[Record]]()
    for day in days:
        for record, change in customers.after(day).items():
            assert (change.was, change.why) == (numbers.get(record), "merged" if record in numbers else "new")
            numbers[record] = change.now
        group |= {record: {record} for record in day.records}
        for one, other in day.links:
            both = group[one] | group[other]
            group |= dict.fromkeys(both, both)
        assert numbers == {record: number_of(min(group[record], key=RECORDS.index)) for record in group}


@given(histories(decisions=True))
def test_whom_a_person_keeps_apart_is_never_one_customer(days: list[Day]) -> None:
    customers, numbers, apart = Customers(), dict[Record, int](), set[frozenset[Record]]()
    for day in days:
        numbers |= {record: change.now for record, change in customers.after(day).items()}
        apart = (apart | {frozenset(pair) for pair in day.apart}) - {frozenset(pair) for pair in day.together}
        assert not [pair for pair in apart if len({numbers[record] for record in pair}) == 1]
        for record, number in numbers.items():
            assert number == number_of(min((other for other, its in numbers.items() if its == number), key=RECORDS.index)), record


@given(histories(decisions=True))
def test_the_direction_of_a_pair_means_nothing(days: list[Day]) -> None:
    one, other = Customers(), Customers()
    for day in days:
        turned = Day(day.records, *([pair[::-1] for pair in pairs] for pairs in (day.links, day.apart, day.together)))
        assert one.after(day) == other.after(turned)
