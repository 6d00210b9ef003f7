"""Pure column expressions that every engine computes alike, shared so that each table need not write its own.

Belongs here: text, numbers, local time. Does not belong here: what a column of one table means (its file in the layers), or anything that
reads rows. Imports only the modules at the package's root.
"""
