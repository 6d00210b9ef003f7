"""Dirt in single reviews: the kinds, their rates, and what each does to a review.

Belongs here: changing a review. Does not belong here: which review has which kind, and its place in the file (`reviews.py`).
"""

import json
from typing import Any

import numpy as np

from ..identities import identity

Fields = dict[str, Any]
"""A review's members, by name."""

REJECTED = {"repeated": 0.006, "empty": 0.004, "broken_json": 0.003, "half_character": 0.002}
"""The kinds of reviews that the pipeline must refuse, each with how many there are beside a good review."""

CHANGED = {"emoji": 0.02, "control_characters": 0.004, "contact": 0.01}
"""The kinds in which a good review is changed, each with its share."""

ADDED = {"near_repeat": 0.01, "other_language": 0.02, "too_short": 0.02, "long": 0.001}
"""The kinds of reviews that are good lines, and come beside those of the source, each with how many there are beside one of these."""

LONG = 50_000
"""The length of a long review."""

_SHORT = ("Yum!", "ok", "Not for me.", "5 stars", "👍", "Great stuff", "meh")
_EMOJI = ("😀", "👍🏽", "❤️", "😡", "🤢", "👩‍👩‍👧")
_CONTROL = ("\x00", "\x07", "\x1b[31m", "\x85", "\u200b", "\ufeff")
_ELSEWHERE = (
    "Este café es el mejor que he probado en mucho tiempo, pero el precio es demasiado alto para una bolsa tan pequeña.",
    "No me gustó nada el sabor de estas galletas y además la caja llegó rota a mi casa.",
    "La salsa es muy buena con todo lo que cocino, y a los niños les encanta también.",
    "Der Kaffee schmeckt sehr gut und ist nicht zu bitter, aber die Lieferung hat leider viel zu lange gedauert.",
    "Ich bin mit diesem Tee nicht zufrieden, weil er nach nichts schmeckt und die Packung schon offen war.",
    "Mein Hund mag das Futter sehr, und ich werde es auf jeden Fall wieder kaufen.",
    "Le chocolat est très bon mais il est arrivé complètement fondu dans le carton, c'est dommage.",
    "Je suis très content de ce thé, il a un goût délicat et je le recommande à tous mes amis.",
    "Questi biscotti sono molto buoni, ma la confezione è arrivata aperta e non li ho più mangiati.",
    "O café é muito bom e chegou antes do prazo, mas não gostei da embalagem que veio aberta.",
    "このお茶はとても美味しいです。また買います。",
    "Очень вкусный кофе, но упаковка была порвана, и половина высыпалась.",
)


def changed(kind: str, fields: Fields, chance: np.random.Generator) -> Fields:
    """Return a good review with one kind of change."""
    text = str(fields["text"])
    match kind:
        case "emoji":
            text = f"{text} {_EMOJI[chance.integers(len(_EMOJI))]}"
        case "control_characters":
            at = int(chance.integers(len(text)))
            text = text[:at] + _CONTROL[chance.integers(len(_CONTROL))] + text[at:]
        case "contact":
            text = f"{text} {_contact(chance)}"
        case _:
            pass
    return fields | {"text": text}


def added(kind: str, fields: Fields, chance: np.random.Generator) -> tuple[int, str]:
    """Return the number and the line of another review that stands after a good one; one that repeats it has the same number."""
    if kind == "repeated":
        return int(fields["review_id"]), line(fields)
    another = int(fields["review_id"]) + 1
    return another, _another(kind, fields | {"review_id": another}, chance)


def _another(kind: str, fields: Fields, chance: np.random.Generator) -> str:
    text = str(fields["text"])
    match kind:
        case "near_repeat":
            return line(fields | {"text": f"{text.upper()}!!"})
        case "other_language":
            return line(fields | {"five_stars": None, "text": _ELSEWHERE[chance.integers(len(_ELSEWHERE))]})
        case "too_short":
            return line(fields | {"five_stars": None, "text": _SHORT[chance.integers(len(_SHORT))]})
        case "long":
            return line(fields | {"text": (f"{text} " * (LONG // len(text) + 1))[:LONG]})
        case "empty":
            return line(fields | {"text": ("", " ", "<br />", "\u00a0")[chance.integers(4)]})
        case "half_character":
            return line(fields | {"text": text + "\ud83d"})
        case _:
            whole = line(fields)
            return whole[: len(whole) // 2]


def line(fields: Fields) -> str:
    """Return a review as its line; half of a surrogate pair stands as its escape, as a program that cuts texts at a number of units writes it."""
    text = json.dumps(fields, ensure_ascii=False)
    return "".join(f"\\u{ord(sign):04x}" if "\ud800" <= sign <= "\udfff" else sign for sign in text)


def _contact(chance: np.random.Generator) -> str:
    """Return how a customer asks to be reached: synthetic, with numbers that are reserved for fiction."""
    person = identity(int(chance.integers(1, 3000)))
    first, last = person.first, person.last
    return (
        f"Write to {first.lower()}.{last.lower()}@example.com if you need a photo.",
        f"Call me at (555) 01{chance.integers(10)}-{chance.integers(1000, 10000)}.",
        f"Please send another one to {chance.integers(1, 999)} {last} Street, {person.postcode}.",
        f"See https://example.com/{last.lower()}/{chance.integers(10**6)} for details.",
    )[chance.integers(4)]
