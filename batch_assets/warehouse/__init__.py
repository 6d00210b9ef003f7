"""What changes anything, and what would have to change: staged rows are audited and committed with their ledger rows, files follow.

Belongs here: the ledger, publication, files and models on disk, and the plan of what is stale. Does not belong here: making rows
(`engine/`), telling people (`reporting/`) or Dagster (`orchestration/`).
"""
