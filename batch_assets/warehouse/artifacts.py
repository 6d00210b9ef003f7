"""The store of trained models: one folder a version, written whole, never changed.

A version is the hash of all that a model is made from, so the same version has the same files, whoever trained it.
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
    """A folder with a folder for each model, and in it one for each version: a `ModelStore` of `table/model.py`."""

    root: Path

    def has(self, model: str, version: str) -> bool:
        """Say whether a version was trained."""
        return self._folder(model, version).is_dir()

    def put(self, model: str, version: str, files: Mapping[str, str]) -> None:
        """Store the files of a version, all of them or none; a version that is there already is kept."""
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
        """Return where a file of a version lies."""
        return self._folder(model, version) / name

    def get(self, model: str, version: str, name: str) -> str:
        """Return a file of a version.

        Raises:
            FileNotFoundError: there is no such version or file.
        """
        return self.path(model, version, name).read_text(encoding="utf-8")

    def all(self, model: str, version: str) -> dict[str, str]:
        """Return all files of a version, by name.

        Raises:
            UntrainedError: they are not there.
        """
        if not self.has(model, version):
            raise UntrainedError(
                f"the files of {model}'s version {version} are not in {self._folder(model, version)}. Bring the folder back, or materialize "
                f"models/{model} of the day on which it was trained, and of this one, again: the same version comes back."
            )
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self._folder(model, version).iterdir())}

    def _folder(self, model: str, version: str) -> Path:
        return self.root / model / version
