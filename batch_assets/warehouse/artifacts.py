"""The store of trained models: one folder per version, written atomically and never changed.

A version is a hash of everything that a model is trained from, so the same version always has the same files.
"""

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import UntrainedError
from .permissions import make_folder


@dataclass(frozen=True)
class Artifacts:
    """A folder with a subfolder per model, and in it one per version. Implements `ModelStore` of `table/model.py`."""

    root: Path

    def has(self, model: str, version: str) -> bool:
        """Say whether a version exists."""
        return self._folder(model, version).is_dir()

    def put(self, model: str, version: str, files: Mapping[str, str]) -> None:
        """Store the files of a version, all or none; an existing version is left as it is."""
        final = self._folder(model, version)
        staged = final.with_name(f".{version}.{uuid.uuid4().hex}")
        make_folder(staged)
        try:
            for name, text in files.items():
                with (staged / name).open("w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            staged.rename(final)
        except OSError:
            if not final.is_dir():
                raise
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def path(self, model: str, version: str, name: str) -> Path:
        """Return the path of a file of a version."""
        return self._folder(model, version) / name

    def get(self, model: str, version: str, name: str) -> str:
        """Return the contents of a file of a version.

        Raises:
            FileNotFoundError: there is no such version or file.
        """
        return self.path(model, version, name).read_text(encoding="utf-8")

    def all(self, model: str, version: str) -> dict[str, str]:
        """Return the contents of all files of a version, by name.

        Raises:
            UntrainedError: the version is not there.
        """
        if not self.has(model, version):
            raise UntrainedError(
                f"the files of {model}'s version {version} are not in {self._folder(model, version)}. Restore the folder, or materialize "
                f"models/{model} again for the day on which it was trained and for this day: that recreates the same version."
            )
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self._folder(model, version).iterdir())}

    def _folder(self, model: str, version: str) -> Path:
        return self.root / model / version
