"""What Dagster is told of a day that comes by a stream: segments, events and lag, of each partition of the topic.

Does not belong here: what is told of any day of raw files (`sources.py`), and what a lander does (`streams/`).
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ..errors import LakeError
from ..ingest.lakefile import LakeFile
from ..streams.health import noted
from ..streams.manifest import Manifest, folders, newest_in, read
from ..streams.stream import MANIFEST


def landed(source: LakeFile, lake: Path, day: dt.date) -> dict[str, int]:
    """Return what has landed of a day, in figures that the UI plots by day; nothing, if it did not come by a stream, or its manifest is damaged."""
    try:
        return next((_figures(read(path), folder) for folder in folders(source, lake) if (path := folder / str(day) / MANIFEST).exists()), {})
    except LakeError:
        return {}


def open_day(source: LakeFile, lake: Path) -> Iterator[dg.AssetObservation]:
    """Yield what has landed of the day that lasts, if it comes by a stream. It is no version of the day: nothing reads it before its end.

    Raises:
        LakeError: its manifest is damaged.
    """
    for folder in folders(source, lake):
        if (manifest := newest_in(folder)) and manifest.ends is None:
            yield dg.AssetObservation(asset_key=["lake", source.name], partition=str(manifest.day), metadata=_figures(manifest, folder))


def _figures(manifest: Manifest, folder: Path) -> dict[str, int]:
    health = noted(folder)
    is_open = manifest.ends is None
    lag = dict.fromkeys(manifest.begins, 0) if not is_open else health.lag if health and health.day == manifest.day else {}
    segments = [segment for segment in manifest.segments if segment.rows]
    figures = {"segments": len(segments), "events": manifest.rows}
    for partition in sorted(manifest.begins):
        rows = [segment.rows for segment in segments if segment.range.partition == partition]
        figures |= {f"segments of partition {partition}": len(rows), f"events of partition {partition}": sum(rows)}
        figures |= {f"lag of partition {partition}": lag[partition]} if partition in lag else {}
    return figures
