"""The events that tell Dagster of a batch: its measures, and the tags by which Dagster knows what it was made from."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ..table.table import Table

DATA_VERSION = "dagster/data_version"


def materialization(
    table: Table,
    day: dt.date,
    kept: int,
    rejected: int,
    content: str,
    code: str,
    inputs: Mapping[str, str],
    pointers: Mapping[str, int] | None = None,
    shown: Mapping[str, Any] | None = None,
) -> dg.AssetMaterialization:
    """Return the event of one batch.

    Args:
        table: its table.
        day: its batch day.
        kept: rows in the table.
        rejected: rows in the quarantine.
        content: its content hash, which is its data version.
        code: the version of the code that made it.
        inputs: by upstream, the hash of the batches that were read.
        pointers: by upstream, the id of the latest event that was there before.
        shown: what else the UI shows, by title.
    """
    metadata: dict[str, Any] = {"dagster/row_count": kept, "quarantined": rejected, "content": content, **(shown or {})}
    tags = {DATA_VERSION: content, f"{DATA_VERSION}_is_user_provided": "true", "dagster/code_version": code}
    for upstream, version in inputs.items():
        name = upstream.replace(".", "/")
        tags[f"dagster/input_data_version/{name}"] = version
        tags[f"dagster/input_event_pointer/{name}"] = str((pointers or {}).get(name, "NULL"))
    return dg.AssetMaterialization(asset_key=[table.layer, table.name], partition=day.isoformat(), metadata=metadata, tags=tags)
