"""Reviews as `review_sentiment` has them, in a few words."""

import datetime as dt
from typing import Any


def judged(number: int, day: dt.date, probability: float | None, *phrases: tuple[str, float], **fields: Any) -> dict[str, Any]:
    """Return a judged review of product 1, but for the fields that are given."""
    label = "too short" if probability is None else "positive" if probability >= 0.5 else "negative"
    said = [{"phrase": phrase, "adds": adds} for phrase, adds in phrases]
    given = {"batch_date": day, "review_id": number, "product_id": 1, "label": label, "is_repeat": False, "probability": probability, "phrases": said}
    return {**given, "model_version": "a", **fields}
