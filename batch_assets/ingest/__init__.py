"""What a raw file is: which files make up a day, their version, and how their bytes become rows of text or are rejected.

Belongs here: whatever applies to the raw files of any source. Does not belong here: what a source's fields mean (`lake/`), typing and
validating rows (`marts/`), or where rows go (`engine/`).
"""
