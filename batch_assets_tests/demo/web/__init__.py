"""Tests of the demo's web site."""
