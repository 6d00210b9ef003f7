"""What a command takes is told of all its processes, those too that it leaves behind, or that nobody waits for."""

import os
import sys
from pathlib import Path

import pytest

from .meter import metered

HELD = """
import pathlib, subprocess, sys, time
held = bytearray(b"x") * (60 << 20)
subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=True)
while not pathlib.Path("there").exists():
    time.sleep(.01)
time.sleep(.5)
"""
LEFT_BEHIND = """
import pathlib, time
held = bytearray(b"x") * (90 << 20)
pathlib.Path("there").touch()
while time.process_time() < 1:
    pass
print("done")
"""
NOBODY_WAITS = """
import os, pathlib, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
done = pathlib.Path("done")
if os.fork():
    while not done.exists():
        time.sleep(.01)
    time.sleep(.3)
else:
    while time.process_time() < 1:
        pass
    done.touch()
"""


def test_a_process_that_was_left_behind_counts(tmp_path: Path) -> None:
    usage = metered([sys.executable, "-c", HELD, LEFT_BEHIND], dict(os.environ), tmp_path)
    assert usage.output == "done\n"
    assert usage.cpu >= 1
    assert 150 <= usage.peak <= 220


def test_a_process_that_nobody_waits_for_counts(tmp_path: Path) -> None:
    assert metered([sys.executable, "-c", NOBODY_WAITS], dict(os.environ), tmp_path).cpu >= 0.5


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)failed:.*no such thing"):
        metered([sys.executable, "-c", "raise SystemExit('no such thing')"], dict(os.environ), tmp_path)
