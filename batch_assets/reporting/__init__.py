"""What people look at: previews, charts, the catalog, printed forecasts. Produced after a publication, never as part of one.

Belongs here: presentation. Does not belong here: what a chart shows (the table's file), or anything that could affect a row, a version or
the success of a run.
"""
