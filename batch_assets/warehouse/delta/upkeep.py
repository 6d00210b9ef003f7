"""Upkeep of Delta tables: files that nothing in force needs are removed once they are old enough, and logs get a checkpoint.

A file is needed while a batch in force is in it, or one from which such a batch was made, at any remove, so whatever can be traced or made
again before, can be afterwards. What a writer left that was killed is needed by nothing. The log stays whole: it is the ledger.
Does not belong here: the store of models (`../prune.py`).
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from deltalake import DeltaTable

HOURS_UNDER_WAY = 24
"""Hours for which what nobody needs stays in any case: somebody may have written it who commits later."""


def clean(uri: str, table: DeltaTable, versions: Mapping[int, int], needed: Collection[int], before: dt.datetime, *, is_executed: bool) -> Iterator[str]:
    """Yield a line if a table has files that nothing needs; remove them, if they may be, and write a checkpoint of its log.

    Args:
        uri: where the table is.
        table: the table, as it is now.
        versions: by publication, the version that it made.
        needed: the publications that something needs.
        before: what was replaced, or left over, before this time may go.
        is_executed: whether it goes.
    """
    hours = max(HOURS_UNDER_WAY, int((dt.datetime.now(dt.UTC) - before).total_seconds() // 3600))
    kept = sorted(version for publication, version in versions.items() if publication in needed)
    files = table.vacuum(hours, dry_run=not is_executed, enforce_retention_duration=False, full=True, keep_versions=kept)
    if is_executed:
        table.update_incremental()
        table.create_checkpoint()
    if files:
        yield f"{uri}: files {'removed' if is_executed else 'can go'}: {len(files):,}; no batch in force is in them, or was made from them"
