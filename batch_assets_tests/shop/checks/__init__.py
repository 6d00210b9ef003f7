"""The tests' own checks."""
