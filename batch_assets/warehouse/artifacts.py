"""The store of trained models: one folder per version, written atomically, never changed, and checked whenever it is read.

A version is a hash of everything that a model is trained from, so the same version always has the same files. A
version's folder lists its files' hashes in `SHA256SUMS`, as `sha256sum --check` reads it. The hash of that list is in the
model's table, so that a list that was changed together with a file is noticed, too.
"""

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..content import combined
from ..errors import UntrainedError
from .permissions import make_folder

SUMS = "SHA256SUMS"
"""The file that lists the hashes of a version's files."""


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
        written = {name: text.encode() for name, text in files.items()}
        written[SUMS] = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(written.items())).encode()
        try:
            for name, content in written.items():
                with (staged / name).open("wb") as file:
                    file.write(content)
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
            UntrainedError: it is not there, or not what was stored.
        """
        sums = self._sums(model, version)
        if name not in sums:
            raise self._damaged(model, version, f"{name} is not among its files")
        return self._checked(model, version, name, sums[name])

    def all(self, model: str, version: str, files: str | None = None) -> dict[str, str]:
        """Return the contents of all files of a version, by name.

        Args:
            model: the model's table.
            version: its version.
            files: the hash that they must have together, as `files_hash` told it when they were stored.

        Raises:
            UntrainedError: they are not there, or not what was stored.
        """
        found = self.files_hash(model, version)
        if files is not None and files != found:
            raise self._damaged(model, version, f"{SUMS} is not what it was when models/{model} was published (files {files} there, {found} here)")
        return {name: self._checked(model, version, name, expected) for name, expected in self._sums(model, version).items()}

    def files_hash(self, model: str, version: str) -> str:
        """Return the hash of a version's files, over their names and bytes.

        Raises:
            UntrainedError: the version is not there.
        """
        return combined([f"{expected}  {name}" for name, expected in self._sums(model, version).items()])

    def _sums(self, model: str, version: str) -> dict[str, str]:
        """Return the hashes of a version's files as they were stored, by name, in order."""
        if not self.has(model, version):
            raise UntrainedError(
                f"the files of {model}'s version {version} are not in {self._folder(model, version)}. Restore the folder, or {_materialize(model)}"
            )
        try:
            listed = self.path(model, version, SUMS).read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            raise self._damaged(model, version, f"{SUMS} is missing or damaged") from None
        return {name: expected for expected, _, name in sorted((line.partition("  ") for line in listed), key=lambda parts: parts[2])}

    def _checked(self, model: str, version: str, name: str, expected: str) -> str:
        """Return a file's text, if it is what was stored."""
        try:
            content = self.path(model, version, name).read_bytes()
        except FileNotFoundError:
            raise self._damaged(model, version, f"{name} is missing") from None
        if sha256(content).hexdigest() != expected:
            raise self._damaged(model, version, f"{name} was changed or cut off since it was stored ({len(content):,} bytes now)")
        return content.decode()

    def _damaged(self, model: str, version: str, what: str) -> UntrainedError:
        folder = self._folder(model, version)
        return UntrainedError(f"{model}, version {version}: {what}, in {folder}. Bring the folder back from a backup, or remove it and {_materialize(model)}")

    def _folder(self, model: str, version: str) -> Path:
        return self.root / model / version


def _materialize(model: str) -> str:
    """Return how to train a version again; what a model keeps beside its versions lies in a folder of its name and a word more."""
    return f"materialize models/{model.partition('.')[0]} of the day on which it was trained, and of this one, again: the same version comes back."
