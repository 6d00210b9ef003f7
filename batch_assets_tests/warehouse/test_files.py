"""Published files: their bytes are on the disk before their name is, and the name is before the publication is told."""

import os
from pathlib import Path
from typing import Any

import pytest

from batch_assets.warehouse.connection import Warehouse

from .things import DAY, put


def test_a_file_is_forced_to_the_disk_before_it_is_renamed_and_its_folder_after_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    done: list[tuple[str, str]] = []
    root = Path(warehouse.published)
    fsync, replace = os.fsync, Path.replace

    def forced(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(root):
            done.append(("forced", str(path.relative_to(root))))
        fsync(descriptor)

    def renamed(path: Path, target: Any) -> Path:
        done.append(("renamed", str(Path(target).relative_to(root))))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", forced)
    monkeypatch.setattr(Path, "replace", renamed)
    put(warehouse, 2)
    assert [(what, name.split(".")[0] if name.count(".") == 1 else "staged" if name.endswith(".staged") else name) for what, name in done] == [
        ("forced", "staged"),
        ("renamed", f"things/{DAY}"),
        ("forced", "things"),
        ("forced", "staged"),
        ("renamed", "latest/things"),
        ("forced", "latest"),
    ]
