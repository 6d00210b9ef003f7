"""A broker of Kafka's protocol on this machine, which a package brings: noida-db. It keeps events in memory, and ends with the replay."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

BINARY = Path(sys.executable).with_name("noida-db")
PARTITIONS = 2

_SECONDS, _PAUSE = 20.0, 0.1


@contextmanager
def broker(folder: Path, port: int, topic: str) -> Iterator[str]:
    """Run a broker that has an empty topic, and yield its address.

    Raises:
        OSError: it is not installed, or does not answer.
    """
    if not BINARY.exists():
        raise FileNotFoundError(f"{BINARY} is not there. Install it with pip install 'batch_assets[broker,kafka]', or run make demo-stream, which does.")
    address = f"127.0.0.1:{port}"
    command = [str(BINARY), "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        _wait_for(admin, process, address)
        admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})])[topic].result()
        yield address
    finally:
        # What was started only starts the broker, and does not end it. Nothing that it has is needed any more.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(admin: AdminClient, process: "subprocess.Popen[bytes]", address: str) -> None:
    ends = time.monotonic() + _SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            admin.list_topics(timeout=1)
        except KafkaException:
            time.sleep(_PAUSE)
        else:
            return
    raise ConnectionError(f"no broker answers at {address}. Is the port free? Choose another with --port.")
