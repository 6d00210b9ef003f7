"""Made-up reviews of a known kind, as the sentiment model's upstreams have them. Expectations belong in the tests."""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from batch_assets.features._lexicon import compound

from ..frames import frame
from ..lake.writer import day_of

_GOOD = ("delicious", "fresh", "crunchy", "perfect")
_BAD = ("stale", "bland", "soggy", "horrible")
_FILL = ("the", "bag", "of", "chips", "came", "with", "my", "coffee", "on", "monday", "and", "it", "was")


def opinions(count: int, days: int = 60, seed: int = 0) -> list[dict[str, Any]]:
    """Return reviews with stars, spread over some days; most words of a kind are in reviews of that kind."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        positive = bool(chance.random() < 0.5)
        own, other = (_GOOD, _BAD) if positive else (_BAD, _GOOD)
        said = chance.choice(own if chance.random() < 0.8 else other)
        words = [*chance.choice(_FILL, 7), str(said), ".", str(chance.choice(_FILL))]
        day = day_of(number * days // count)
        made.append({"batch_date": day, "review_id": number + 1, "words": [str(word) for word in words], "five_stars": positive, "letters": f"{seed} {number}"})
    return made


def words_of(reviews: Sequence[dict[str, Any]]) -> ir.Table:
    """Return reviews as `review_words`."""
    given = {"product_id": 1, "language": "en", "is_repeat": False, "word_count": 8}
    return frame("review_words", [given | review for review in reviews])


def scores_of(reviews: Sequence[dict[str, Any]]) -> ir.Table:
    """Return the scores of reviews with stars, as `lexicon_scores`."""
    rated = [review for review in reviews if review["five_stars"] is not None]
    keys = ("batch_date", "review_id")
    return frame("lexicon_scores", [{**{key: review[key] for key in keys}, "compound": compound(" ".join(review["words"]))} for review in rated])


def ledger_of(reviews: Sequence[dict[str, Any]]) -> ir.Table:
    """Return a ledger of the days of reviews; a day's content changes with its reviews."""
    days = sorted({review["batch_date"] for review in reviews})
    said = {day: str([sorted(review.items(), key=str) for review in reviews if review["batch_date"] == day]) for day in days}
    rows = [{"asset": f"features.{name}", "batch_date": day, "content": said[day]} for name in ("review_words", "lexicon_scores") for day in days]
    return ibis.memtable(pa.Table.from_pylist(rows, schema=pa.schema([("asset", pa.string()), ("batch_date", pa.date32()), ("content", pa.string())])))
