"""What becomes of the cluster's tests where there is none: they are skipped, and a last line says so; with `REQUIRE_CLUSTER` they fail."""

import os

import pytest

from .processes import missing

REQUIRED = "REQUIRE_CLUSTER"
"""Environment variable with which a missing cluster is a failure: `.ci/run` sets it, so that these tests do run somewhere."""

NOT_TESTED = "Not tested: batches on a real cluster of Spark. Run `make cluster`"


def skip_or_fail() -> None:
    """Skip, or fail, where a cluster cannot be started."""
    if (lacking := missing()) is None:
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{NOT_TESTED}; {lacking}. {REQUIRED} is set.", pytrace=False)
    pytest.skip(f"{NOT_TESTED}; {lacking}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the line after pytest's summary. The process that prints has the reports of all that ran tests; those have no reporter."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and any(NOT_TESTED in str(report.longrepr) for report in reporter.stats.get("skipped", [])):
        print(f"{NOT_TESTED}, then `make test` again.")
