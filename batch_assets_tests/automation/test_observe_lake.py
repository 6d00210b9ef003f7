"""observe_lake watches every raw source, each hour."""

from batch_assets.automation.observe_lake import observe_lake
from batch_assets.definitions import build_defs
from batch_assets.table.layers import sources


def test_it_observes_every_source() -> None:
    job = build_defs().resolve_job_def("observe_lake")
    assert {node.name for node in job.nodes} == {f"lake__{source.name}" for source in sources()}
    assert observe_lake.cron_schedule == "0 * * * *"
