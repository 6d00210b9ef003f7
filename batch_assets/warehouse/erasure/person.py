"""What a person is known by, and where a text says so: by an email address or a number of one's own, or by a name beside something else.

What other customers have, too, says nothing alone: a common name, a household's phone. It is looked for beside what is the person's.
Belongs here: recognizing the person in any text. Does not belong here: in which texts (`find.py`, `scan.py`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

_ACCENTS = re.compile("[\u0300-\u036f]+")

_OWN = ("name", "email")
"""What a person is known by and nobody else in the household."""

NEAR = 300
"""The most characters between a name and what stands beside it in one record of a file."""


@dataclass(frozen=True)
class Form:
    """How one thing may be written, in lower case without accents.

    Attributes:
        what: what it is, such as `email`.
        anchor: a text that is in it however it is written, for which a search is fast.
        pattern: the pattern of all of it.
    """

    what: str
    anchor: str
    pattern: str

    def is_near(self, text: str, at: int) -> bool:
        """Say whether it is in a text around a place."""
        return bool(_compiled(self.pattern).search(text, max(0, at - NEAR), at + NEAR))

    def places(self, text: str) -> Sequence[int]:
        """Return where it is in a text."""
        found, at = list[int](), text.find(self.anchor)
        while at >= 0:
            if self.is_near(text, at):
                found.append(at)
            at = text.find(self.anchor, at + 1)
        return found


def name(given: str, family: str) -> Form:
    """Return the forms of a name, in either order."""
    first, last = _words(given), _words(family)
    return Form("name", max((*given.split(), *family.split()), key=len), rf"\b(?:{first}[\W_]+{last}|{last}[\W_]+{first})\b")


def address(what: str, text: str) -> Form:
    """Return the forms of words with anything between them that is neither a letter nor a digit."""
    return Form(what, max(text.split(), key=len), rf"\b{_words(text)}\b")


def phone(digits: str) -> Form:
    """Return the forms of a number, however it is grouped; its last four digits are written together."""
    return Form("phone", digits[-4:], r"(?<!\d)" + r"[^\w\n]{0,2}".join(digits) + r"(?!\d)")


def exactly(what: str, text: str) -> Form:
    """Return a text as it is."""
    return Form(what, text, rf"(?<!\w){re.escape(text)}(?!\w)")


@dataclass(frozen=True)
class Person:
    """What is looked for.

    Attributes:
        alone: what only this person is known by.
        beside: pairs that only this person is known by.
    """

    alone: tuple[Form, ...]
    beside: tuple[tuple[Form, Form], ...]

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return what `to_json` told."""
        return cls(tuple(Form(*form) for form in told["alone"]), tuple((Form(*one), Form(*other)) for one, other in told["beside"]))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, which is personal."""
        forms = [[form.what, form.anchor, form.pattern] for form in self.alone]
        return {"alone": forms, "beside": [[[form.what, form.anchor, form.pattern] for form in pair] for pair in self.beside]}

    def is_in(self, text: str) -> bool:
        """Say whether a text has anything that only this person is known by."""
        plain = plainly(text)
        return any(form.places(plain) for form in self.alone) or self._is_beside(plain)

    def is_named_in(self, text: str) -> bool:
        """Say whether a text has it by name or email address: who else lives at an address, or answers a phone, may not be known yet."""
        plain = plainly(text)
        return any(form.places(plain) for form in self.alone if form.what in _OWN) or self._is_beside(plain)

    def but_for(self, text: str) -> Self:
        """Return the person without what is in a text that is about somebody else."""
        plain = plainly(text)
        return replace(self, alone=tuple(form for form in self.alone if not form.places(plain)))

    def _is_beside(self, plain: str) -> bool:
        return any(other.is_near(plain, at) for one, other in self.beside for at in one.places(plain))

    def looked_for(self) -> list[str]:
        """Say what is looked for, without saying what it is."""
        return sorted({*(form.what for form in self.alone), *(f"{one.what} beside {other.what}" for one, other in self.beside)})


def plainly(text: str) -> str:
    """Return a text in lower case without accents."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def _words(text: str) -> str:
    return r"[\W_]+".join(map(re.escape, text.split()))


_compiled = cache(re.compile)
