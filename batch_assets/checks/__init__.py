"""Cross-table checks. Rules for a single table belong in its contract."""
