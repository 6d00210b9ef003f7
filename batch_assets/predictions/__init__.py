"""Predictions: what people and programs read, one file a table. Also published as Parquet, one file a batch."""
