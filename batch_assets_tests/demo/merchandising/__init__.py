"""Tests of the demo's merchandising department."""
