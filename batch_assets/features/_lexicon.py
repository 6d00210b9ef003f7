"""VADER: the lexicon, and its analyser as a baseline (Hutto and Gilbert 2014; MIT licence, package vaderSentiment)."""

from functools import cache
from importlib.resources import files
from typing import Any

VADER = "vader"


@cache
def ratings() -> dict[str, float]:
    """Return the lexicon: each word's rating from -4 to 4."""
    lines = (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {word: float(rating) for word, rating, *_ in (line.split("\t") for line in lines if line)}


@cache
def analyser() -> Any:
    """Return VADER's analyser."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def compound(text: str) -> float:
    """Return VADER's score of a text, from -1 to 1."""
    return float(analyser().polarity_scores(text)["compound"])
