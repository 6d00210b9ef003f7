"""Runs the pipeline in a process whose settings were changed after it began, so that workers in processes of their own know of it by the plan alone."""

import sys

from batch_assets.beam.__main__ import main
from batch_assets.settings import Closing, settings
from batch_assets_tests.lake.writer import day_of

if __name__ == "__main__":
    settings.closed_days = {day_of(53): Closing()}
    sys.exit(main())
