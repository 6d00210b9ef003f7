"""What becomes of the browser's tests where there is no browser: they are skipped, and a last line says so; with `REQUIRE_BROWSER` they fail."""

import os

import pytest

from .ui import MISSING, is_installed

REQUIRED = "REQUIRE_BROWSER"
"""Environment variable with which a missing browser is a failure: `.ci/run` sets it, so that these tests do run somewhere."""

NOT_TESTED = f"Not tested: Dagster's UI in a browser. {MISSING}, then `make test` again."

_was_skipped = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> None:
    """Skip, or fail, where Chromium and its driver are not installed."""
    if is_installed():
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{MISSING}; {REQUIRED} is set.", pytrace=False)
    request.config.stash[_was_skipped] = True
    pytest.skip(MISSING)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the line after pytest's summary, as the very last one."""
    if config.stash.get(_was_skipped, False):
        print(NOT_TESTED)
