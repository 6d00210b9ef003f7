"""The Spark engine, beside DuckDB. Without the extra `spark`, these tests are skipped, with one line."""
