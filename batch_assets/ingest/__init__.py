"""What a raw file is: which files make up a day, their version, and how their bytes become rows of text or are refused.

Belongs here: what holds for raw files of any source. Does not belong here: what a source's fields mean (`lake/`), typing and judging
rows (`marts/`), or where rows go (`engine/`).
"""
