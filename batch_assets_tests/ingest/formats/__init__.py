"""Tests of `batch_assets/ingest/formats`."""
