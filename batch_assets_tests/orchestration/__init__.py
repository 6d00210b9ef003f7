"""Tests of `batch_assets/orchestration`."""
