"""A real broker on loopback, which a package brings: noida-db. It keeps events in memory, and acknowledges them before they are on its disk.

It also names transactions that were taken back before the offset from which one reads, where Kafka names those from there on; so the client leaves out
later events of the same sender. Where ranges begin behind one, the tests have another sender for what is taken back.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

BINARY = Path(sys.executable).with_name("noida-db")


class Server:
    """A broker that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self.start()

    @property
    def addresses(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [BINARY, "start", "--only", "kafka", "--kafka-port", str(self.port)],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(100):
            try:
                AdminClient({"bootstrap.servers": self.addresses, "log_level": 0}).list_topics(timeout=1)
                return
            except KafkaException:
                time.sleep(0.1)
        raise AssertionError("the broker does not answer")

    def kill(self) -> None:
        """End it as `kill -9` does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Topic:
    """A topic with its sender."""

    def __init__(self, server: Server, name: str, partitions: int = 2, stamped: str = "LogAppendTime", most_bytes: int = 1_000_000) -> None:
        self.server, self.name, self._most_bytes = server, name, most_bytes
        self.admin = AdminClient({"bootstrap.servers": server.addresses})
        config = {"message.timestamp.type": stamped, "max.message.bytes": str(most_bytes)}
        self.admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result()

    def send(self, *values: bytes | None, partition: int = 0) -> None:
        """Send values, and wait until the broker has them."""
        producer = Producer({"bootstrap.servers": self.server.addresses, "message.max.bytes": self._most_bytes, "log_level": 0})
        for value in values:
            producer.produce(self.name, value=value, partition=partition)
        assert producer.flush(30) == 0

    def drop(self) -> None:
        """Delete the topic."""
        self.admin.delete_topics([self.name])[self.name].result()


def count(shelf: int, pieces: int = 1) -> bytes:
    """Return an event: pieces on a shelf."""
    return json.dumps({"shelf": shelf, "pieces": pieces}).encode()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A broker for all tests, each of which has a topic of its own."""
    made = Server(tmp_path_factory.mktemp("broker"))
    yield made
    made.kill()


@pytest.fixture
def topic(server: Server, request: pytest.FixtureRequest) -> Topic:
    """A topic of two partitions, of which nobody else knows."""
    return Topic(server, f"counts{abs(hash(request.node.nodeid)) % 10**9}")
