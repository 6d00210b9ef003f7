"""How rows are made: a table's function and its inputs, filtered to the days that may be known, become staged rows of one connection.

Belongs here: DuckDB's SQL and types, streaming, memory. Does not belong here: what a table is (`table/`), and whether its rows are good
enough to be published (`warehouse/`): nothing here lasts longer than the connection.
"""
