"""Publishing, and planning what to publish: staged rows are audited and committed with their ledger rows, then files are written.

Belongs here: the ledger, publications, files and models on disk, and the plan of what is stale. Does not belong here: computing rows
(`engine/`), showing them (`reporting/`), or reporting to Dagster (`orchestration/`).
"""
