"""The Spark engine: rows are made by Spark, over Spark Connect or a master, and handed over as Parquet files.

Belongs here: Spark's sessions, its SQL, and what it must be told so that it makes the rows that DuckDB makes. Does not belong here: what both
engines do (`engine/making.py`, `engine/scoring.py`). Nothing of Spark is imported unless the setting `engine` asks for it.
"""
