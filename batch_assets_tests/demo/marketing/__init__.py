"""Tests of the demo's marketing department."""
