"""What people look at: previews, charts, the catalog, printed forecasts. Made after a publication, and never a part of one.

Belongs here: how something looks. Does not belong here: what a chart is of (the table's file), or anything on which a row, a version or
the success of a run depends.
"""
