"""Checks across tables. What holds for one table alone is its contract."""
