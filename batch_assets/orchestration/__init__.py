"""What Dagster is told and asked: a graph becomes its assets, checks and events, and a run publishes through the warehouse.

Belongs here: everything that says `dagster`, but for jobs and schedules (`automation/`) and cross-table checks (`checks/`). Does not
belong here: any rule of what may be published; the machine works without Dagster.
"""
