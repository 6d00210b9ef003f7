"""Tests of the steps of an erasure."""
