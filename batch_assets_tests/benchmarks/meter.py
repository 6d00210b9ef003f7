"""What a command takes, with every process that it starts: its children, their children, and those that outlive it, such as Java's. Linux.

A process in between starts the command, becomes the parent of whatever its processes leave behind, and waits for all of them. Five times a second it
looks at each: memory that processes share, such as libraries and what a fork has not changed, counts once (PSS), and a peak that is shorter is
missed. CPU time is what they had when they were seen last, or the kernel's own count of those that were waited for, whichever is more: nobody
waits for the workers of Spark's Python, and what ends before it is seen is in the kernel's count alone.

Belongs here: the measuring. Does not belong here: what is measured. The file is run as a script, and imports nothing but Python's own.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

_EVERY, _TICKS = 0.2, os.sysconf("SC_CLK_TCK")
_BE_THE_PARENT_OF_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        seconds: from its start until it ended.
        cpu: CPU seconds of all its processes, in user and in kernel mode.
        peak: the most memory that they had at once, in MB.
        output: what it printed.
    """

    seconds: float
    cpu: float
    peak: float
    output: str = ""


def metered(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Usage:
    """Run a command to its end, and until the last process is gone that it has started; return what it took.

    Raises:
        RuntimeError: it failed; the end of what it said is told.
    """
    with tempfile.NamedTemporaryFile("r") as told:
        # -P: modules of this folder have names that Python's own may have, too.
        between = [sys.executable, "-P", "-S", __file__, told.name, *command]
        done = subprocess.run(between, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise failed(command, f"{done.stdout[-2000:]}\n{done.stderr}")
        seconds, cpu, peak = json.load(told)
        return Usage(seconds, cpu, peak, done.stdout)


def failed(command: Sequence[str], said: str) -> RuntimeError:
    """Return the error of a command, with the end of what it said."""
    return RuntimeError(f"{' '.join(command)} failed:\n{said[-9000:]}")


class Watch:
    """Looks at the processes that one has started, directly or not, when it is asked; as a context, also by itself."""

    def __init__(self, root: int) -> None:
        """Take the process."""
        self._root, self._ended, self._looking = root, threading.Event(), threading.Lock()
        self._seen = dict[tuple[int, str], float]()
        self._thread = threading.Thread(target=self._look_on)
        self.peak = 0.0
        """The most memory so far, in MB."""

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def cpu(self) -> float:
        """Return the CPU seconds that they had so far, those included that have ended."""
        self._look()
        return sum(self._seen.values())

    def _look_on(self) -> None:
        while not self._ended.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        with self._looking:
            there = processes()
            started = started_by([self._root], there)
            self._seen |= {(process, there[process].began): there[process].cpu for process in started}
            self.peak = max(self.peak, sum(map(memory, started)))


class Process(NamedTuple):
    """A process: its parent, when it began, and its own CPU seconds so far, in user and in kernel mode."""

    parent: int
    began: str
    cpu: float


def processes() -> dict[int, Process]:
    """Return all processes that there are now."""
    found = dict[int, Process]()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended
                # A program's name is in parentheses, and may have some itself, and blanks.
                told = (folder / "stat").read_text().rpartition(")")[2].split()
                found[int(folder.name)] = Process(int(told[1]), told[19], (int(told[11]) + int(told[12])) / _TICKS)
    return found


def started_by(roots: Sequence[int], there: Mapping[int, Process]) -> list[int]:
    """Return what some processes have started, directly or not."""
    children: dict[int, list[int]] = {}
    for process, its in there.items():
        children.setdefault(its.parent, []).append(process)
    found, asked = list[int](), list(roots)
    while asked:
        started = children.get(asked.pop(), [])
        found += started
        asked += started
    return found


def memory(process: int, file: str = "smaps_rollup", name: str = "Pss:") -> float:
    """Return what the kernel tells of a process's memory, in MB: unless asked otherwise, its own and its share of what it has in common with others."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
    return 0.0


def _run(told: str, command: Sequence[str]) -> int:
    """Run a command, and write what it took; return its exit code."""
    ctypes.CDLL(None).prctl(_BE_THE_PARENT_OF_ORPHANS, 1, 0, 0, 0)
    with Watch(os.getpid()) as watch:
        started = time.perf_counter()
        code = subprocess.run(command, check=False).returncode
        seconds = time.perf_counter() - started
        with suppress(ChildProcessError):
            while True:
                os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(told).write_text(json.dumps([seconds, max(watch.cpu(), used.ru_utime + used.ru_stime), watch.peak]))
    return code


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1], sys.argv[2:]))
