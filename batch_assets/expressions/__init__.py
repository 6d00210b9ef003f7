"""Expressions: column to column, pure, and computed alike by every engine. What several tables would otherwise each write in their own way.

Belongs here: text, numbers, clocks. Does not belong here: what a column of one table means (its file in the layers), or anything that
reads rows. Knows the ground alone.
"""
