"""Tests of the demo's logistics department."""
