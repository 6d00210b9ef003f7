"""Scale: a day of 1, 10, 100 and 1,000 times the demo's lines, from the raw file to published forecasts, in each way that a batch can be made.

`make bench-scale` runs all of it; `python -m batch_assets_tests.benchmarks.scale file delta` runs parts of it, of which each takes ten minutes at
most. What was measured is kept in a file, so that parts may be run one by one; the report is of all that is in it.

Belongs here: large days, watching processes, and what follows from the figures. Does not belong here: `make bench`'s bars.
"""
