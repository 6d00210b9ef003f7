"""What a table is: its function, contract, look-backs and code version, and the graph of all tables in a package.

Belongs here: everything that can be said about a table before any row is computed. Does not belong here: computing rows
(`engine/`), checking or publishing them (`warehouse/`), showing them (`reporting/`). Independent of any engine's types and of Dagster.
"""
