"""How rows are computed: a table's function and its inputs, filtered to the days it may see, become staged rows on one connection.

Belongs here: DuckDB's SQL and types, streaming, memory. Does not belong here: what a table is (`table/`), and whether its rows may be
published (`warehouse/`). Nothing here outlives the connection.
"""
