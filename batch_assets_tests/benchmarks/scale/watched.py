"""Watching a command and the processes that work for it: what it took, and the most memory of each kind of process, and of all at once. Linux."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..meter import Process, failed, memory, processes, started_by

EVERY = 0.25
"""Seconds between two looks. The peak of a process is the kernel's own, and is not missed; that of all together is what was seen."""

PUBLISHES, DRIVES, OTHER = "publishing", "driver", "other"
KINDS = {
    "CoarseGrainedExecutorBackend": "executor",
    "deploy.worker.Worker": "daemon",
    "deploy.master.Master": "master",
    "SparkConnectServer": DRIVES,
    "SparkSubmit": DRIVES,
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
    said, there = folder / "said.log", processes()
    before = {process: there[process].cpu for process in _working(others, there)}
    cpu, peaks, whole = dict[tuple[str, int], float](), dict[str, float](), 0.0
    with said.open("wb") as log:
        started = time.perf_counter()
        running = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            while running.poll() is None:
                there = processes()
                seen = _working([running.pid, *others], there)
                for process in seen:
                    kind = PUBLISHES if process == running.pid else _kind(process)
                    peaks[kind] = max(peaks.get(kind, 0.0), memory(process, "status", "VmHWM:"))
                    cpu[kind, process] = there[process].cpu - before.get(process, 0.0)
                whole = max(whole, sum(map(memory, seen)))
                time.sleep(EVERY)
        finally:
            running.kill()
        seconds = time.perf_counter() - started
    if running.returncode:
        raise failed(command, said.read_text(errors="replace"))
    by_kind = {kind: sum(took for (its, _), took in cpu.items() if its == kind) for kind in peaks}
    return Watched(seconds, by_kind, peaks, whole)


def _working(roots: Sequence[int], there: Mapping[int, Process]) -> list[int]:
    """Return processes that are there, with all that they have started."""
    return [process for process in (*roots, *started_by(roots, there)) if process in there]


def _kind(process: int) -> str:
    """Return of which kind a process is."""
    with suppress(OSError):
        command = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
        return next((kind for part, kind in KINDS.items() if part in command), OTHER)
    return OTHER
