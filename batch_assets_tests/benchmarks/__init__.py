"""Benchmarks: reading, speed, memory and accuracy, each measured beside what one would use instead, and held to a bar.

    python -m batch_assets_tests.benchmarks                     all four, about 10 minutes on two cores
    python -m batch_assets_tests.benchmarks reading             one of them
    python -m batch_assets_tests.benchmarks --lake data/lake    reuse a lake of the whole demo year; it is only read

It takes the extras `demo` and `bench`. All that is made lies in a temporary folder. Figures are taken interleaved, and
ratios are of medians of one run, so that a noisy machine slows both sides. The exit code is 1 if a bar is missed.

Belongs here: figures that are compared, and their bars. Does not belong here: whether results are right (the tests).
"""
