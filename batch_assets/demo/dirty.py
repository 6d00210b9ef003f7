"""Records of a department, and the dirt among them.

Belongs here: which records get which kind of dirt, copies, and the manifest's entry. Does not belong here: what a kind does to a record.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from .dirt import CLEAN, draw_kinds
from .manifest import Entry, Instance, count_up

REPEATED = "repeated"
"""The kind of a record that is there twice, one after the other."""

Record = TypeVar("Record")
Text = TypeVar("Text", str, bytes)


def with_dirt(
    records: Sequence[Record],
    rates: Mapping[str, float],
    chance: np.random.Generator,
    written: Callable[[Record, str], Text],
    key: Callable[[Record], dict[str, int | str]],
    first: int = 1,
) -> tuple[list[Text], Entry]:
    """Return the texts of records, and what the manifest says of them.

    Args:
        records: the clean records, in the file's order.
        rates: the kinds of dirt, each with its share of the records.
        chance: draws them.
        written: returns the text of a record with a kind of dirt.
        key: returns what identifies a record in the manifest.
        first: the position of the first record in its file.
    """
    texts: list[Text] = []
    dirt: dict[str, list[Instance]] = {kind: [] for kind in rates}
    for record, kind in zip(records, draw_kinds(len(records), rates, chance).tolist(), strict=True):
        texts.append(written(record, kind))
        if kind == REPEATED:
            texts.append(texts[-1])
        if kind != CLEAN:
            dirt[kind].append({"line": first + len(texts) - 1, **key(record)})
    return texts, count_up(len(texts), dirt)
