"""Benchmarks: reading, speed, memory and accuracy, each compared with the obvious alternative and checked against a bar; and the accuracy's noise.

    python -m batch_assets_tests.benchmarks                     all that have a bar, about 10 minutes on two cores
    python -m batch_assets_tests.benchmarks noise               how much the accuracy moves by chance
    python -m batch_assets_tests.benchmarks batch_or_stream late    batch beside stream on the same events, about 15 minutes
    python -m batch_assets_tests.benchmarks --lake data/lake    reuse a lake of the whole demo year; it is only read

They need the extras `demo`, `bench`, `broker` and `kafka`, and write only to a temporary folder. Measurements of both sides are interleaved, and
ratios are of medians within one run, so that a noisy machine slows both sides. The exit code is 1 if a bar is missed.

Belongs here: figures to compare, and their bars. Does not belong here: whether results are right (the tests).
"""
