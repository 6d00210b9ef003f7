"""The tests' own models."""
