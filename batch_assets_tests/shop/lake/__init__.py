"""The tests' own lake."""
