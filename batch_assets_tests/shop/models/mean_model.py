"""The mean of the last days, learnt anew every Monday on what was known then; other days point to it."""

import json
from collections.abc import Iterator

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from batch_assets.content import combined
from batch_assets.partitions import retrain_day
from batch_assets.table.code_version import library_versions
from batch_assets.table.contract import Contract, Field
from batch_assets.table.model import ModelStore
from batch_assets.table.table import table

LOOK_BACK = 9
FITS = "mean_model.fits"
"""What is kept beside the versions."""


class MeanModel(Contract):
    """The model that is in force on a day."""

    batch_date: dt.Date = Field(description="the day on which it is in force")
    version: dt.String = Field(description="hash of what it was made from")
    files: dt.String = Field(description="hash of its files")
    factor: dt.Float64 = Field(gt=0, description="by which every mean is multiplied")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


@table(contract=MeanModel, lookback={"kind_counts": LOOK_BACK}, libraries=("pandas",))
def mean_model(days: ir.Table, ledger: ir.Table, artifacts: ModelStore, kind_counts: ir.Table) -> Iterator[pa.RecordBatch]:
    """The model in force. Grain: one row per batch_date."""
    batches = sorted(ledger.to_pyarrow().to_pylist(), key=lambda batch: batch["batch_date"])
    counted = kind_counts.select("batch_date", "kind", "pieces").to_pandas()
    for day in sorted(days.to_pyarrow()["batch_date"].to_pylist()):
        trained_on = retrain_day(day)
        known = [f"{batch['batch_date']} {batch['content']}" for batch in batches if 0 <= (trained_on - batch["batch_date"]).days <= LOOK_BACK - 6]
        version = combined([str(trained_on), *library_versions("pandas").values(), *known])[:12]
        if not artifacts.has(FITS, version):
            age = (trained_on - counted["batch_date"].dt.date).map(lambda age: age.days)
            usable = counted[(age >= 0) & (age <= LOOK_BACK - 6)]
            means = usable.groupby("kind")["pieces"].mean().round(3).to_dict()
            artifacts.put(FITS, version, {"means.json": json.dumps(means, sort_keys=True)})
        artifacts.put("mean_model", version, artifacts.all(FITS, version))
        row = {"batch_date": day, "version": version, "files": artifacts.files_hash("mean_model", version), "factor": 1.5}
        yield pa.RecordBatch.from_pylist([row], schema=MeanModel.arrow_schema())
