"""A difference between what is published and the ledger, as `verify` finds it and `orchestration/repair.py` puts it right."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Difference:
    """What is not as the ledger says.

    Attributes:
        asset: the table.
        day: the batch; None if it is a folder that no batch in force names.
        reason: a line for a person.
        file: the file, if it is one that differs and not the table.
        folder: the folder in the store of models, if it is its files that differ.
        is_spare: whether the folder may simply go: what it has is trained again when it is needed.
    """

    asset: str
    day: dt.date | None
    reason: str
    file: Path | None = None
    folder: Path | None = None
    is_spare: bool = False
