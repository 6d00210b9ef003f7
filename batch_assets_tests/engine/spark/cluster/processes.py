"""A real cluster of Spark on this machine: a standalone master, two workers, and a server of Spark Connect in front, each a process of its own.

It needs Java 17 and Spark's whole distribution, which `make cluster` puts into a folder of its own: it would take the place of the client.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

DISTRIBUTION = Path(sys.prefix) / "spark" / "pyspark"
"""Where `make cluster` puts Spark."""

_ROOT = Path(__file__).parents[4]
_SECONDS = 60
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Options of Java with which a process that lives for a minute starts sooner."""

_OPTIONS = {
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": QUICK,
    "spark.driver.extraJavaOptions": QUICK,
    "spark.sql.shuffle.partitions": "2",
    "spark.task.maxFailures": "2",
    "spark.ui.enabled": "false",
}


def missing() -> str | None:
    """Return what a cluster needs and is not here; None if all is here."""
    if shutil.which("java") is None:
        return "there is no Java"
    return None if DISTRIBUTION.is_dir() else "Spark's distribution is not installed"


def of_whole_spark(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that uses Spark's distribution in place of its client, and has nothing that the client has left in another."""
    others = {name: value for name, value in environment.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    return {**others, "PYTHONPATH": f"{DISTRIBUTION.parent}{os.pathsep}{_ROOT}", "SPARK_LOCAL_IP": "127.0.0.1"}


class Cluster:
    """The processes."""

    workers = ("worker one", "worker two")

    def __init__(self, folder: Path, cores: int = len(workers), *, kept_apart: bool = False) -> None:
        """Start them, with their files in a folder. Of the workers' cores, so many are used; kept apart, each has one of the machine's, and no other."""
        self.folder, self._cores, self._kept_apart = folder, cores, kept_apart
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        master, connect = _free_port(), _free_port()
        self._master, self.address = f"spark://127.0.0.1:{master}", f"sc://127.0.0.1:{connect}"
        try:
            self._start_all(master, connect)
        except BaseException:
            self.stop()
            raise

    def _start_all(self, master: int, connect: int) -> None:
        self._start("master", "spark-class", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(master), "--webui-port", "0")
        self._await("master", "New state: ALIVE")
        for name in self.workers:
            self.start_worker(name)
        options = [part for name, value in {**_OPTIONS, "spark.cores.max": self._cores}.items() for part in ("--conf", f"{name}={value}")]
        server = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", self._master]
        self._start("connect", "spark-submit", *server, *options, "--conf", f"spark.connect.grpc.binding.port={connect}", "spark-internal")
        self._await("connect", "Spark Connect server started")

    def start_worker(self, name: str) -> None:
        """Start a worker that has one task at once, which is a thread of Java and a process of Python."""
        worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
        self._start(name, "spark-class", *worker, "--work-dir", str(self.folder / name), self._master)
        if self._kept_apart:
            os.sched_setaffinity(self._running[name].pid, {self.workers.index(name)})  # What it starts inherits that.

    def kill(self, name: str) -> None:
        """Kill a process, and what it has started."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def processes(self) -> list[int]:
        """Return the processes that were started; others are their children."""
        return [process.pid for process in self._running.values()]

    def stop(self) -> None:
        """Kill all of them."""
        for name in list(self._running):
            self.kill(name)

    def log(self, name: str) -> str:
        """Return what a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _start(self, name: str, program: str, *arguments: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "SPARK_HOME": str(DISTRIBUTION),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_DAEMON_MEMORY": "768m",
            "SPARK_DAEMON_JAVA_OPTS": QUICK,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(_ROOT),
        }
        with (self.folder / f"{name}.log").open("wb") as log:
            program = str(DISTRIBUTION / "bin" / program)
            self._running[name] = subprocess.Popen([program, *arguments], env=environment, stdout=log, stderr=log, start_new_session=True)

    def _await(self, name: str, said: str) -> None:
        """Wait until a process has said something."""
        ends = time.monotonic() + _SECONDS
        while said not in self.log(name):
            assert self._running[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < ends, f"{name} does not start:\n{self.log(name)}"
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
