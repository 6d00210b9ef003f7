"""Where rows lie on their way to Spark and back: a folder for each batch that is made, which the publishing process and Spark's workers share."""

from contextlib import AbstractContextManager
from pathlib import Path

from ...settings import settings
from ..own_folder import own_folder


def in_transit() -> AbstractContextManager[Path]:
    """Give a new folder, which only its owner can read; remove it in the end."""
    return own_folder(settings.staging, "rows_")
