"""Erasing a customer: finding every line about a person, writing down whom nobody may know any more, and making sure that it is so.

Belongs here: each step, none of which knows Dagster. Does not belong here: their order (`orchestration/erase.py`), and how lines are read
once somebody is erased (`ingest/erasures.py`).
"""
