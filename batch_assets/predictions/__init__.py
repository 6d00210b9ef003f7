"""Predictions: what people and programs read, one module per table. Also published as Parquet, one file per batch."""
