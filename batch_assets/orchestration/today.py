"""Tables of the day that lasts as Dagster assets: without partitions, since each is of one day, and replaced every few minutes.

Belongs here: what Dagster is told of a part of a day. Does not belong here: how it is made and published (`warehouse/part.py`).
"""

from collections.abc import Iterator
from typing import Any, cast

import dagster as dg

from ..errors import BatchError, WarehouseError
from ..table.layers import TODAY
from ..table.table import Table
from ..warehouse.part import publish_part
from .assets import OWNERS
from .resource import WarehouseResource


def today_asset(table: Table) -> dg.AssetsDefinition:
    """Return a table of the day that lasts as an asset. A run makes it of what has landed so far; if no day lasts, it makes nothing."""
    columns = [dg.TableColumn(name, str(column.type), column.description) for name, column in table.contract.columns().items()]

    @dg.asset(
        key=[TODAY, table.name],
        group_name=TODAY,
        description=table.description,
        kinds=set(table.kinds) | {"parquet"},
        owners=[OWNERS[TODAY]],
        tags={"layer": TODAY},
        metadata={"dagster/column_schema": dg.TableSchema(columns), "grain": ", ".join(table.contract.grain())},
        code_version=table.code,
        deps=[dg.AssetKey([table.layers.layer_of(name), name]) for name in table.reads],
        output_required=False,
        dagster_type=cast(dg.DagsterType, dg.Nothing),
    )
    def publish(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        try:
            part = publish_part(table, warehouse.warehouse)
        except WarehouseError as error:
            context.log.warning(f"{table.asset}: {str(error).removesuffix('.')}. The last part stays; the next run makes a new one.")
            return
        except BatchError as error:
            raise dg.Failure(f"{table.asset}: {error}", allow_retries=False) from error
        if part is None:
            context.log.info(f"{table.asset}: no day lasts of which a stream has landed anything.")
            return
        yield dg.Output(
            None,
            metadata={
                "day": str(part.day),
                "reaches_to": dg.MetadataValue.timestamp(part.reaches),
                "events": part.events,
                "dagster/row_count": part.rows,
                "content": part.content,
                "file": dg.MetadataValue.path(part.file),
            },
        )

    return publish
