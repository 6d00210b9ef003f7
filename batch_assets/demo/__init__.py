"""The demo's raw lake: a stand-in for a retailer's source systems.

Belongs here: everything that knows where the demo's data come from, and how they are deliberately made dirty.
Does not belong here: reading the lake. The pipeline knows the files only by their format (`data/README.md`).
"""
