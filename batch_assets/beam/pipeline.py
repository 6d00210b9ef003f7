"""The pipeline: each table of the day after those that it reads, then the rows to score, then their forecasts."""

import apache_beam as beam
from apache_beam.ml.inference.base import RunInference

from ..table.graph import configured_graph
from .events import messages, of_day
from .plan import PREDICTION, Plan
from .steps import DAY, EVENTS, Make, Model, ToScore


def forecasts(pipeline: beam.Pipeline, plan: Plan, lake: str, models: str, subscription: str | None = None) -> beam.PCollection:
    """Return the day's forecasts, in Arrow batches.

    Args:
        pipeline: the pipeline.
        plan: what is known of earlier days, and the model in force.
        lake: the lake's root, a path or URL.
        models: where models are stored, a path or URL.
        subscription: the subscription from which the events come of a source that may come by a stream; None if all comes from the lake.
    """
    graph = configured_graph()
    if subscription:
        come = of_day(messages(pipeline, subscription), plan.day)
        made = {DAY: come | DAY >> beam.Map(lambda day: (day[0], None))}
    else:
        made = {DAY: pipeline | DAY >> beam.Create([(str(plan.day), None)])}
    for name in plan.made:
        table = graph.table(name)
        is_streamed = subscription and table.source and table.source.streams
        reads = {DAY: made[DAY], **({EVENTS: come} if is_streamed else {}), **{upstream: made[upstream] for upstream in table.tables}}
        made[name] = reads | f"what {name} reads" >> beam.CoGroupByKey() | name >> beam.ParDo(Make(plan, lake, name))
    prediction = graph.table(PREDICTION)
    reads = {name: made[name] for name in prediction.tables if name in made}
    rows = reads | f"what {PREDICTION} reads" >> beam.CoGroupByKey() | "rows to score" >> beam.ParDo(ToScore(plan))
    return rows | "in any order" >> beam.Reshuffle() | PREDICTION >> RunInference(Model(plan, models))
