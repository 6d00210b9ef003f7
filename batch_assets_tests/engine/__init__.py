"""Tests of `batch_assets/engine`."""
