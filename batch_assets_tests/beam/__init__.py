"""Beam's pipeline, run in an environment of its own."""
