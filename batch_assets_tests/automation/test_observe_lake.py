"""observe_lake watches every raw source of a graph, each hour."""

import pytest

from batch_assets.automation.observe_lake import observe_lake
from batch_assets.orchestration.definitions import build_defs
from batch_assets.settings import settings
from batch_assets.table.graph import Graph

from ..shop import PACKAGE


@pytest.mark.parametrize("graph", [settings.graph, PACKAGE])
def test_it_observes_every_source(graph: str) -> None:
    job = build_defs(graph).resolve_job_def("observe_lake")
    assert {node.name for node in job.nodes} == {f"lake__{source.name}" for source in Graph(graph).sources()}
    assert observe_lake.cron_schedule == "0 * * * *"
