"""Landing: what a department offers by an API becomes a dated raw file in the lake, written once and never changed.

Belongs here: which APIs there are, one module each, and how a day's pages are fetched. Does not belong here: reading the file (`ingest/`, `lake/`): the
pipeline never asks an API.
"""
