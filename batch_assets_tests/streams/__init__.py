"""Streams: landing a topic, against a real broker."""
