"""What Dagster is told of a day that comes by a stream: the same figures while it lasts and when it is closed, and a version only then."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from batch_assets.lake.pos_log import pos_log
from batch_assets.orchestration.events import DATA_VERSION
from batch_assets.orchestration.landed import landed
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.orchestration.sources import source_asset
from batch_assets.streams.health import Health, note
from batch_assets.streams.tills import tills

from ..lake.streamed import end, land, opened, sent
from ..lake.writer import day_of, till_line, write_till

DAY = day_of(3)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def observed(resource: WarehouseResource, instance: dg.DagsterInstance) -> list[tuple[dict[str, Any], bool]]:
    """Look at the source; return the figures of each observation of the day, oldest first, and whether it has a version."""
    observe = source_asset(pos_log)
    dg.Definitions(assets=[observe], resources={"warehouse": resource}).resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)
    records = instance.fetch_observations(dg.AssetKey(["lake", "pos_log"]), limit=20).records
    found = [record.asset_observation for record in sorted(records, key=lambda record: record.storage_id) if record.partition_key == str(DAY)]
    return [({name: value.value for name, value in each.metadata.items()}, DATA_VERSION in each.tags) for each in found if each]


def test_segments_events_and_lag_are_told_by_partition(resource: WarehouseResource, instance: dg.DagsterInstance) -> None:
    root = Path(resource.lake)
    write_till(root, DAY, [till_line(DAY, receipt_id=str(n), store_id="31" if n % 4 else "32") for n in range(1, 9)])
    come = sent(root, DAY)
    pos_log.path(root, DAY).unlink()
    manifest = land(root, land(root, opened(root, DAY), come[:3]), come[3:6])
    note(tills.days(root), Health(DAY, None, {0: 2, 1: 0}))
    so_far = {
        "segments": 3,
        "events": 6,
        "segments of partition 0": 2,
        "events of partition 0": 5,
        "lag of partition 0": 2,
        "segments of partition 1": 1,
        "events of partition 1": 1,
        "lag of partition 1": 0,
    }
    assert observed(resource, instance) == [(so_far, False)]
    end(root, land(root, manifest, come[6:]))
    first, last = observed(resource, instance)
    assert first == (so_far, False)
    assert last[1]
    assert last[0].pop("bytes") > 0
    assert last[0] == {
        **so_far,
        "dagster/row_count": 8,
        "segments": 5,
        "events": 8,
        "segments of partition 0": 3,
        "events of partition 0": 6,
        "lag of partition 0": 0,
        "segments of partition 1": 2,
        "events of partition 1": 2,
    }
    opened(root, DAY + dt.timedelta(days=1))
    assert len(observed(resource, instance)) == 2, "what is known already is not told again, though the day after it has no version"


def test_a_day_of_a_file_has_none_of_them(resource: WarehouseResource) -> None:
    write_till(Path(resource.lake), DAY, [till_line(DAY)])
    assert landed(pos_log, Path(resource.lake), DAY) == {}


def test_a_damaged_manifest_is_no_figure(resource: WarehouseResource, instance: dg.DagsterInstance) -> None:
    root = Path(resource.lake)
    opened(root, DAY)
    (root / tills.so_far.format(day=DAY)).write_text("{")
    assert landed(pos_log, root, DAY) == {}
    assert observed(resource, instance) == []
