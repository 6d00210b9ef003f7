"""The errors a batch can end with. Each tells what is wrong, where, and what to do; nothing was published."""

import datetime as dt


class BatchError(Exception):
    """A batch that was not published; the batch before it is still there.

    Attributes:
        day: the batch day that is to blame, where it is one alone.
    """

    def __init__(self, message: str, *, day: dt.date | None = None) -> None:
        """Tell what is wrong, where, and what to do."""
        super().__init__(message)
        self.day = day


class LakeError(BatchError):
    """A raw file that cannot be read as what it should be; nothing of it was taken."""


class BreachError(BatchError):
    """Rows that break their table's contract, or do not add up."""


class MissingBatchError(BatchError):
    """Batches that a table reads have not been published."""


class UntrainedError(BatchError):
    """A prediction without a model in force."""


class WarehouseError(BatchError):
    """A warehouse that cannot be written now."""


class StorageError(OSError):
    """A fault of disk, memory or network below the warehouse. It may pass, so what failed is tried again."""


class EngineError(RuntimeError):
    """A query that the engine refused."""


MOST_CHARACTERS = 200
"""Characters of a text from outside that a message shows."""


def in_short(text: str) -> str:
    """Return the begin of a text that may be of any length, for a message."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… (cut, of {len(text)} characters)"


class DefinitionError(Exception):
    """Code that does not follow the project's rules; found when it is loaded."""
