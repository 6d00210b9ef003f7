"""Watching a command and the processes that work for it: what it took, and the most memory of each kind of process, and of all at once. Linux."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.25
"""Seconds between two looks. The peak of a process is the kernel's own, and is not missed; that of all together is what was seen."""

PUBLISHES, OTHER = "publishing", "other"
KINDS = {
    "CoarseGrainedExecutorBackend": "executor",
    "deploy.worker.Worker": "daemon",
    "deploy.master.Master": "master",
    "SparkConnectServer": "driver",
    "SparkSubmit": "driver",
    "pyspark.daemon": "python",
}
"""What stands in a command line, and which kind of process that is: Spark's driver, an executor, an executor's Python, and what looks after them."""


@dataclass(frozen=True)
class Watched:
    """What a command took.

    Attributes:
        seconds: from its start until it ended.
        cpu: CPU seconds of all processes meanwhile, by kind.
        peaks: the most memory in MB (RSS) that one process of a kind has had, by kind.
        whole: the most that all had at once, in MB; what several share, such as libraries, counts once (PSS).
    """

    seconds: float
    cpu: Mapping[str, float]
    peaks: Mapping[str, float]
    whole: float


def watched(command: Sequence[str], environment: Mapping[str, str], folder: Path, others: Sequence[int] = ()) -> Watched:
    """Run a command to its end, and watch it and some other processes, with all that they start meanwhile.

    Raises:
        RuntimeError: it failed; the end of what it said is told.
    """
    said = folder / "said.log"
    before = {process: _cpu(process) for process in _with_children(others)}
    cpu, peaks, whole = dict[tuple[str, int], float](), dict[str, float](), 0.0
    with said.open("wb") as log:
        started = time.perf_counter()
        running = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            while running.poll() is None:
                seen = _with_children([running.pid, *others])
                for process in seen:
                    kind = PUBLISHES if process == running.pid else _kind(process)
                    peaks[kind] = max(peaks.get(kind, 0.0), _status(process, "status", "VmHWM:"))
                    cpu[kind, process] = max(cpu.get((kind, process), 0.0), _cpu(process) - before.get(process, 0.0))
                whole = max(whole, sum(_status(process, "smaps_rollup", "Pss:") for process in seen))
                time.sleep(EVERY)
        finally:
            running.kill()
        seconds = time.perf_counter() - started
    if running.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said.read_text(errors='replace')[-9000:]}")
    by_kind = {kind: sum(took for (its, _), took in cpu.items() if its == kind) for kind in peaks}
    return Watched(seconds, by_kind, peaks, whole)


def _with_children(processes: Sequence[int]) -> list[int]:
    """Return processes with all that they have started, directly or not."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found, asked = list[int](), list(processes)
    while asked:
        found.append(process := asked.pop())
        asked += children.get(process, [])
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # It has ended.
                yield int(folder.name), int(_stat(int(folder.name))[1])


def _stat(process: int) -> list[str]:
    """Return what the kernel says of a process, after its name: that has parentheses around it, and may have some, and blanks, in it."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _cpu(process: int) -> float:
    """Return the CPU seconds of a process so far, in user and in kernel mode."""
    with suppress(OSError):
        return sum(map(int, _stat(process)[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _status(process: int, file: str, name: str) -> float:
    """Return a number that the kernel tells of a process's memory, in MB."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


def _kind(process: int) -> str:
    """Return of which kind a process is."""
    with suppress(OSError):
        command = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
        return next((kind for part, kind in KINDS.items() if part in command), OTHER)
    return OTHER
