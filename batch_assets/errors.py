"""The errors that can fail a batch. Each says what is wrong, where, and what to do. Nothing was published."""

import datetime as dt


class BatchError(Exception):
    """A batch was not published; the previous batch is still in place.

    Attributes:
        day: the batch day that caused the error, if it was a single day.
    """

    def __init__(self, message: str, *, day: dt.date | None = None) -> None:
        """Say what is wrong, where, and what to do."""
        super().__init__(message)
        self.day = day


class LakeError(BatchError):
    """A raw file is not what it should be; nothing was loaded from it."""


class BreachError(BatchError):
    """Rows break their table's contract, or do not add up."""


class MissingBatchError(BatchError):
    """Batches that a table reads have not been published."""


class UntrainedError(BatchError):
    """There is no model in force for a prediction, or its files are missing."""


class ReplayError(BatchError):
    """A published batch cannot be made again as it was, since what it was made from has changed."""


class WarehouseError(BatchError):
    """The warehouse cannot be written to at present."""


class StorageError(OSError):
    """A disk, memory or network error below the warehouse. It may be transient, so the failed step is retried."""


class EngineError(RuntimeError):
    """The engine rejected a query."""


MOST_CHARACTERS = 200
"""Characters of a text from outside that a message shows."""


def in_short(text: str) -> str:
    """Return the begin of a text that may be of any length, for a message."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… (cut, of {len(text)} characters)"


class DefinitionError(Exception):
    """Code does not follow the project's rules; detected when it is loaded."""
