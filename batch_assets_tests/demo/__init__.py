"""Tests of the demo lake's builder."""
