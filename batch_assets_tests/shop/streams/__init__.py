"""The tests' own streams."""
