"""Tests of `batch_assets/reporting`."""
