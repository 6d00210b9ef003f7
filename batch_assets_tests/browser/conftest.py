"""What becomes of the browser's tests where there is no browser: they are skipped, and a last line says so; with `REQUIRE_BROWSER` they fail."""

import os

import pytest

from .ui import MISSING, is_installed

REQUIRED = "REQUIRE_BROWSER"
"""Environment variable with which a missing browser is a failure: `.ci/run` sets it, so that these tests do run somewhere."""

NOT_TESTED = f"Not tested: Dagster's UI in a browser. {MISSING}, then `make test` again."


@pytest.fixture(scope="session")
def chromium() -> None:
    """Skip, or fail, where Chromium and its driver are not installed."""
    if is_installed():
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{MISSING}; {REQUIRED} is set.", pytrace=False)
    pytest.skip(MISSING)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the line after pytest's summary, as the very last one. The process that prints has the reports of all that ran tests; those have no reporter."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and any(MISSING in str(report.longrepr) for report in reporter.stats.get("skipped", [])):
        print(NOT_TESTED)
