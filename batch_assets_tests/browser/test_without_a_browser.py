"""Where there is no browser, its tests are skipped and pytest's last words say so; where one is required, they fail."""

import os
import subprocess
import sys
from pathlib import Path

from .conftest import NOT_TESTED, REQUIRED

TESTS = Path(__file__).with_name("test_ui.py")


def run_without_a_browser(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the browser's tests where no program is in PATH."""
    kept = {name: value for name, value in os.environ.items() if name != REQUIRED}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(TESTS)]
    return subprocess.run(command, env={**kept, "PATH": str(folder), **environment}, capture_output=True, text=True, timeout=240, check=False)


def test_the_tests_are_skipped_and_the_last_line_says_what_was_not_tested(tmp_path: Path) -> None:
    """They run in another process than the one that prints, as `make test` has it."""
    done = run_without_a_browser(tmp_path, "-n", "1")
    *_, summary, last = done.stdout.splitlines()
    assert (done.returncode, last) == (0, NOT_TESTED), done.stdout + done.stderr
    assert " skipped in " in summary
    assert "passed" not in summary
    assert "make browser" in last


def test_where_a_browser_is_required_its_absence_is_a_failure(tmp_path: Path) -> None:
    done = run_without_a_browser(tmp_path, **{REQUIRED: "1"})
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{REQUIRED} is set" in done.stdout
    assert "skipped" not in done.stdout
