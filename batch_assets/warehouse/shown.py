"""What people find in the warehouse beside a table: what held on a day, and the latest predictions.

Does not belong here: the table itself, which each store has in its own way.
"""

from collections.abc import Sequence

import duckdb

from .files import LAYER


def show(connection: duckdb.DuckDBPyConnection, layer: str, name: str, history: Sequence[str]) -> None:
    """Define the macro `NAME_as_of(DAY)` of a table whose rows hold until others with the same key come, and the view `NAME_latest` of predictions."""
    table = f'{layer}."{name}"'
    if key := ", ".join(f'"{column}"' for column in history):
        held = f"from {table} where batch_date <= as_of qualify row_number() over (partition by {key} order by batch_date desc) = 1"
        connection.execute(f'create or replace macro {layer}."{name}_as_of"(as_of) as table {held}')
    if layer == LAYER:
        latest = f"select max(batch_date) from quality.batches where asset = '{layer}.{name}'"
        connection.execute(f'create or replace view {layer}."{name}_latest" as from {table} where batch_date = ({latest})')
