"""The tests' own predictions."""
