"""The reviews of a day: which of the source's come on it, about which product, and their dirt.

Belongs here: spreading reviews over the year, and assembling a file and its manifest entry. Does not belong here: the text of dirt (`dirt.py`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from ..details import contact_id
from ..dirt import CLEAN, draw_kinds
from ..files import pack
from ..manifest import Entry, Instance, count_up
from ..seeds import generator
from ..source import ZONE, Source
from .dirt import ADDED, CHANGED, REJECTED, Fields, added, changed, line
from .shelf import Shelf, shelf
from .source import Review, reviews

RATED, KNOWN = 0.75, 0.4
"""The shares of reviews with stars, and of authors who gave the number of their contact in marketing."""

LATEST = 2
"""A review comes at most this many days after it was written."""

_NUMBERED = 10
"""Reviews are numbered in steps of this, so that one which is added after another has a number of its own."""


_DIRTIEST = 10
"""The highest factor on the rates of dirt; with it, hardly a review is clean."""


@dataclass(frozen=True)
class Shift:
    """A change in what customers say of a category's best-selling product, in a stretch of days: reviews of one kind with one of some words go to it."""

    category: str
    first: dt.date
    last: dt.date
    five_stars: bool
    words: tuple[str, ...]


SHIFTS = (
    Shift("DOG FOODS", dt.date(2017, 7, 3), dt.date(2017, 7, 23), False, ("sick", "smell", "ingredients", "quality", "money")),
    Shift("COFFEE", dt.date(2017, 12, 18), dt.date(2017, 12, 31), True, ("love", "taste", "flavor", "delicious", "best")),
    Shift("BAG SNACKS", dt.date(2017, 12, 19), dt.date(2017, 12, 31), False, ("stale", "bag", "broken", "taste", "disappointed", "bad")),
)
_MOVED = 0.7


@dataclass(frozen=True)
class _Written:
    """A review with its number, and the product and the household that it was drawn for."""

    review_id: int
    product_id: int
    household_id: int
    review: Review


@dataclass(frozen=True)
class _Line:
    """A line of a file, with what is wrong with it."""

    written: _Written
    kind: str
    text: str


class Reviews:
    """The reviews of the year, regardless of which days are built."""

    pattern = "reviews/{day}.jsonl.gz"

    def __init__(self, source: Source, dirtier: float) -> None:
        """Draw the day, the product and the author of each review: a household that buys the product."""
        self._rates = {kind: rate * min(dirtier, _DIRTIEST) for kind, rate in {**REJECTED, **CHANGED, **ADDED}.items()}
        self._on = defaultdict[dt.date, list[_Written]](list)
        whole, chance, found = source.calendar, generator("reviews", source.calendar[0]), reviews()
        days, its_shelf = np.sort(chance.integers(len(whole), size=len(found))), shelf(source)
        for number, (day, row) in enumerate(zip(days.tolist(), chance.permutation(len(found)).tolist(), strict=True), 1):
            product = _moved(its_shelf, whole[day], found[row], its_shelf.product(found[row].text, chance), chance)
            buyers = its_shelf.buyers[product]
            self._on[whole[day]].append(_Written(number * _NUMBERED, product, buyers[chance.integers(len(buyers))], found[row]))

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return the bytes of a day's file, and its manifest entry; line numbers start at 1."""
        rejected, kept = ({kind: list[Instance]() for kind in kinds} for kinds in (REJECTED, {**CHANGED, **ADDED}))
        lines = list(self._lines(day))
        for number, made in enumerate(lines, 1):
            if made.kind != CLEAN:
                (rejected if made.kind in REJECTED else kept)[made.kind].append({"line": number, "review_id": made.written.review_id})
        entry = {"file": self.pattern.format(day=day), **count_up(len(lines), rejected), "kept": kept, "shifted": _shifts_on(day)}
        return pack("".join(f"{made.text}\n" for made in lines)), entry

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return the number of each review of a day, and the household that it was drawn for."""
        return [(str(made.written.review_id), made.written.household_id) for made in self._lines(day)]

    def _lines(self, day: dt.date) -> Iterator[_Line]:
        """Yield the lines of a day's file: each good review, changed or not, and what comes beside it."""
        chance = generator("review dirt", day)
        # One kind more is drawn than there are reviews, since the last one is always clean: no review is copied below itself here.
        kinds = draw_kinds(len(self._on[day]) + 1, self._rates, chance)[:-1].tolist()
        for written, kind in zip(self._on[day], kinds, strict=True):
            fields = _fields(written, day, chance)
            yield _Line(written, kind if kind in CHANGED else CLEAN, line(changed(kind, fields, chance)))
            if kind in REJECTED or kind in ADDED:
                number, text = added(kind, fields, chance)
                yield _Line(replace(written, review_id=number), kind, text)


def _moved(its_shelf: Shelf, day: dt.date, review: Review, product: int, chance: np.random.Generator) -> int:
    """Return a review's product after the shifts of its day."""
    words = set(review.text.lower().split())
    for shift in SHIFTS:
        if shift.first <= day <= shift.last and shift.five_stars == review.five_stars and words & {*shift.words} and chance.random() < _MOVED:
            return its_shelf.products.get(shift.category, [product])[0]
    return product


def _shifts_on(day: dt.date) -> list[str]:
    return [shift.category for shift in SHIFTS if shift.first <= day <= shift.last]


def _fields(written: _Written, day: dt.date, chance: np.random.Generator) -> Fields:
    """Return a review as the review service writes it."""
    local = dt.datetime.combine(day - dt.timedelta(days=int(chance.integers(LATEST + 1))), dt.time(), ZoneInfo(ZONE))
    at = (local + dt.timedelta(seconds=int(chance.integers(7 * 3600, 23 * 3600)))).astimezone(dt.UTC)
    return {
        "review_id": written.review_id,
        "product_id": written.product_id,
        "marketing_id": contact_id(written.household_id) if chance.random() < KNOWN else None,
        "five_stars": written.review.five_stars if chance.random() < RATED else None,
        "text": written.review.text,
        "reviewed_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
