"""What a table is: its function, contract, look-backs and code version, and the graph of all tables that a package has.

Belongs here: whatever can be said of a table before any row is made. Does not belong here: making rows (`engine/`), checking or
publishing them (`warehouse/`), showing them (`reporting/`). Knows no engine's types and no Dagster.
"""
