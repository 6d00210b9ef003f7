"""The Dagster side: a graph becomes assets, checks and events, and a run publishes through the warehouse.

Belongs here: everything that imports `dagster`, except jobs and schedules (`automation/`) and cross-table checks (`checks/`). Does not
belong here: any rule about what may be published; publishing works without Dagster.
"""
