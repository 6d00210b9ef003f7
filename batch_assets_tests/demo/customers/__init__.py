"""Tests of what the demo's customers write."""
