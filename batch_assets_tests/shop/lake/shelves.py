"""Shelves that were put up or changed on a day."""

from batch_assets.ingest.formats.parquet import Parquet
from batch_assets.ingest.lakefile import LakeFile

shelves = LakeFile(
    name="shelves",
    pattern="shelves/{day}.parquet",
    format=Parquet(),
    description="Shelves put up or changed on a day. Grain: one shelf.",
    columns={"shelf": "number of the shelf", "kind": "what lies on it"},
    may_be_empty=True,
)
