"""The tests' own marts."""
