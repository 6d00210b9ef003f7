"""The demo's raw lake: a stand-in for the systems of a retailer's departments.

Belongs here: everything that knows where the demo's data come from, and how they are made deliberately untidy.
Does not belong here: reading the lake. The pipeline knows the files only by their format (`data/README.md`).
"""
