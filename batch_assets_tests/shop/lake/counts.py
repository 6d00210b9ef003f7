"""Pieces on each shelf, counted by several people: a file each, and a manifest when all of them are done."""

from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.lakefile import LakeFile

counts = LakeFile(
    name="counts",
    pattern="counts/{day}/*.csv",
    closing="counts/{day}/MANIFEST",
    format=Csv(),
    description="Pieces on each shelf, as people counted them. Grain: one count.",
    columns={"shelf": "number of the shelf", "pieces": "pieces on it", "words": "what the person had to say, words with blanks between them"},
    private=("words",),
)
