"""Tests of the marts, on frames of a few rows."""
