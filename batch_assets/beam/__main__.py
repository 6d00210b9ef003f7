"""Forecasts of a day by a Beam pipeline: `python -m batch_assets.beam --day 2017-12-26 --output forecasts`, with any options of Beam's."""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from ..errors import BatchError, LakeError
from ..settings import settings
from ..table.graph import configured_graph
from ..warehouse.connection import Warehouse
from .pipeline import forecasts
from .plan import PREDICTION, planned


class ForecastOptions(PipelineOptions):
    """What is ours among the options."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--day", required=True, help="the batch day")
        parser.add_argument("--output", required=True, help="begin of the names of the files of forecasts, a path or URL")
        parser.add_argument("--known", required=True, help="folder for the rows of earlier days, a path or URL that all workers reach")
        parser.add_argument("--subscription", help="Pub/Sub's subscription that has the day's events, in place of raw files of what may come by a stream")
        parser.add_argument("--lake", default=str(settings.lake), help="the lake's root, a path or URL")
        parser.add_argument("--models", default=str(settings.models), help="where trained models are, a path or URL")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the forecasts of a day. Return 0, or 1 if it failed."""
    options = PipelineOptions(arguments)
    ours = options.view_as(ForecastOptions)
    warehouse = Warehouse(str(settings.warehouse), str(settings.lake), str(settings.published), str(settings.models), settings.lock_timeout)
    try:
        with warehouse.connect() as con:
            plan = planned(con, _day(ours.day), _absolute(ours.known))
        schema = configured_graph().table(PREDICTION).contract.arrow_schema()
        with beam.Pipeline(options=options) as pipeline:
            made = forecasts(pipeline, plan, _absolute(ours.lake), _absolute(ours.models), ours.subscription)
            rows = made | "rows" >> beam.FlatMap(lambda batch: batch.to_pylist())
            rows | "write" >> beam.io.WriteToParquet(_absolute(ours.output), schema, file_name_suffix=".parquet")
    except BatchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _day(text: str) -> dt.date:
    """Return the day that an option names. Beam's options are text: they go to the service that runs the pipeline."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise LakeError(f"--day {text}: is not a date such as 2017-12-26.") from None


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).absolute())


if __name__ == "__main__":
    sys.exit(main())
