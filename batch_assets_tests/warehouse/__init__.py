"""Tests of `batch_assets/warehouse`."""
