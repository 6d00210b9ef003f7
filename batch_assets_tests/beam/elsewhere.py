"""Runs the pipeline with a store of Beam's that is no folder of this machine, as gs:// is: `elsewhere://` and a path."""

import sys
from typing import Any

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem

from batch_assets.beam.__main__ import main

SCHEME = "elsewhere"


class Elsewhere(LocalFileSystem):
    """Files of this machine, under URLs."""

    @classmethod
    def scheme(cls) -> str:
        """Return what its URLs begin with."""
        return SCHEME

    def join(self, basepath: str, *paths: str) -> str:
        """Join parts of a URL."""
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        """Split a URL into folder and name."""
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        """Make a folder."""
        super().mkdirs(_there(path))

    def has_dirs(self) -> bool:
        """Say that it has folders."""
        return True

    def _list(self, dir_or_prefix: str) -> Any:
        for found in super()._list(_there(dir_or_prefix)):
            yield FileMetadata(f"{SCHEME}://{found.path.lstrip('/')}", found.size_in_bytes, found.last_updated_in_seconds)

    def create(self, path: str, *arguments: Any, **named: Any) -> Any:
        """Open a file for writing."""
        return super().create(_there(path), *arguments, **named)

    def open(self, path: str, *arguments: Any, **named: Any) -> Any:
        """Open a file for reading."""
        return super().open(_there(path), *arguments, **named)

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        """Rename files."""
        super().rename([*map(_there, source_file_names)], [*map(_there, destination_file_names)])

    def metadata(self, path: str) -> FileMetadata:
        """Return what is known of a file."""
        found = super().metadata(_there(path))
        return FileMetadata(path, found.size_in_bytes, found.last_updated_in_seconds)

    def exists(self, path: str) -> bool:
        """Say whether a file is there."""
        return bool(super().exists(_there(path)))

    def delete(self, paths: list[str]) -> None:
        """Delete files."""
        super().delete([*map(_there, paths)])


def _there(url: str) -> str:
    return "/" + url.removeprefix(f"{SCHEME}://").lstrip("/")


if __name__ == "__main__":
    sys.exit(main())
