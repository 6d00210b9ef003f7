"""Tests of `batch_assets/table`."""
