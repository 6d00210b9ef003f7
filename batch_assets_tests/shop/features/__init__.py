"""The tests' own features."""
