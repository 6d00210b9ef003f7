"""Tests of `batch_assets/expressions`."""
