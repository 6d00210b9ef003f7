"""Streams: the events of a topic become immutable segment files of the day on which the broker appended them, and a day's closing mark makes it a raw source.

Belongs here: topics, offsets, segments, and what a lander commits. Does not belong here: reading segments, which are raw files like all others
(`ingest/`, `lake/`): the pipeline never asks a broker.
"""
