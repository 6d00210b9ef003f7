"""The steps of a pipeline, as its workers run them: make a table's rows of the day, make the rows to score, score.

A worker may be another machine: it is told all that it has to know, and reaches the files that the plan names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.ml.inference.base import ModelHandler

from ..engine.scoring import call
from ..engine.standalone import kept_rows, rows_to_score
from ..errors import LakeError
from ..settings import settings
from ..table.graph import configured_graph
from ..table.model import Version
from ..table.table import Table
from ..warehouse.artifacts import Artifacts
from .events import put
from .files import fetch, read_rows
from .plan import PREDICTION, Plan

DAY, EVENTS = "day", "events"
"""The steps that say which day it is, and what came in it; the others are named by their tables."""

ROWS_AT_ONCE = 1 << 10
"""Rows that are scored in one call."""


class Make(beam.DoFn):
    """Makes a table's rows of the day from those that were made before, and the published ones of earlier days."""

    def __init__(self, plan: Plan, lake: str, table: str) -> None:
        """Take the plan, where the lake is, and the table's name."""
        self._plan, self._lake, self._name = plan, lake, table
        self._counted = Metrics.counter(PREDICTION, f"rows of {table}")

    def setup(self) -> None:
        """Use the settings of where the pipeline was started."""
        use(self._plan)

    def process(self, element: tuple[str, Any]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the day with the table's rows."""
        day, made = element
        table = configured_graph().table(self._name)
        with TemporaryDirectory() as folder:
            if table.source and EVENTS in made:
                (came,) = made[EVENTS]
                put(came, table.source.streams[0], self._plan.day, Path(folder))
            elif table.source:
                forms = [name.format(day=day) for form in table.source.forms for name in (form.pattern, form.closing) if name]
                fetch(self._lake, forms, Path(folder))
            try:
                rows = kept_rows(table, self._plan.day, Path(folder), _known(self._plan, table, made))
            except LakeError as error:
                raise LakeError(str(error).replace(folder, self._lake), day=error.day) from None
        self._counted.inc(rows.num_rows)
        yield day, rows


class ToScore(beam.DoFn):
    """Makes the rows of the day that are scored, in pieces that any worker may take."""

    def __init__(self, plan: Plan) -> None:
        """Take the plan."""
        self._plan = plan

    def setup(self) -> None:
        """Use the settings of where the pipeline was started."""
        use(self._plan)

    def process(self, element: tuple[str, Any]) -> Iterator[pa.RecordBatch]:
        """Yield the rows in pieces."""
        table = configured_graph().table(PREDICTION)
        rows = rows_to_score(table, self._plan.day, _known(self._plan, table, element[1]))
        yield from rows.combine_chunks().to_batches(max_chunksize=ROWS_AT_ONCE)


class Model(ModelHandler[pa.RecordBatch, pa.RecordBatch, Version]):
    """The model in force, for Beam's RunInference: an example is a piece of the rows to score, what is inferred its forecasts."""

    def __init__(self, plan: Plan, models: str) -> None:
        """Take the plan, and where models are stored."""
        self._plan, self._models = plan, models

    def load_model(self) -> Version:
        """Read the model's files, and check them against the hash that its table has of them.

        Raises:
            UntrainedError: they are not there, or not what was stored.
        """
        use(self._plan)
        (name,) = configured_graph().table(PREDICTION).models
        version, files = self._plan.model["version"], self._plan.model["files"]
        with TemporaryDirectory() as folder:
            fetch(self._models, [f"{name}/{version}/*"], Path(folder))
            return Version(name, version, self._plan.model, Artifacts(Path(folder)).all(name, version, files), files)

    def run_inference(self, batch: Sequence[pa.RecordBatch], model: Version, inference_args: dict[str, Any] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the forecasts of each piece of rows."""
        table = configured_graph().table(PREDICTION)
        yield from (call(table, {model.model: model}, rows) for rows in batch)

    def get_num_bytes(self, batch: Sequence[pa.RecordBatch]) -> int:
        """Return the size of some pieces."""
        return sum(int(rows.nbytes) for rows in batch)

    def get_metrics_namespace(self) -> str:
        """Return what Beam's own metrics of it are called."""
        return PREDICTION


def use(plan: Plan) -> None:
    """Use the plan's settings in this process."""
    for name, value in plan.settings.items():
        setattr(settings, name, value)


def _known(plan: Plan, table: Table, made: Mapping[str, Iterable[pa.Table]]) -> dict[str, pa.Table]:
    """Return what a table may know of its upstreams, the model aside: rows of earlier days, and those of the day."""
    return {name: _with_earlier(plan, name, rows) for name in table.tables if name not in table.models for rows in made[name]}


def _with_earlier(plan: Plan, name: str, rows: pa.Table) -> pa.Table:
    earlier = read_rows(plan.known[name])
    return pa.concat_tables([earlier, rows.select(earlier.schema.names).cast(earlier.schema)])
