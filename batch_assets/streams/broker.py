"""What is asked of a broker: which partitions a topic has, how far they reach, where a time lies in them, and the events of a range.

All that knows confluent-kafka is here; it is an extra. Only committed events are read. Nothing is committed to the broker: how far a topic
was landed is in the manifests.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TypeVar

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from ..errors import LakeError, StorageError
from .manifest import Range
from .segment import Event

T = TypeVar("T")

TIMEOUT = 30.0
"""Seconds to wait for an answer; so long nothing may come of a range that the broker has."""

_PAUSE = 0.2
"""Seconds after which it is looked at what has come."""

_END = "_PARTITION_EOF"
"""What the client tells when a partition has no more, with the offset that comes next."""

_AT_ONCE = 10_000
_NO_ID = "A" * 22
"""What a broker tells that gives topics no number."""


class Broker:
    """A topic on a broker, for reading; a context that closes the connection."""

    def __init__(self, addresses: str, topic: str) -> None:
        """Take the addresses; nothing is asked yet."""
        self._topic, self._addresses = topic, addresses
        common: dict[str, str | int | float | bool] = {"bootstrap.servers": addresses, "socket.timeout.ms": 10_000}
        self._admin = AdminClient(common)
        self._consumer = Consumer(
            {
                **common,
                "group.id": f"batch_assets-{topic}",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.message.max.bytes": 64 << 20,
                # By default, the client fetches nothing for a second whenever it has 100,000 events, which are landed in half of that.
                "fetch.queue.backoff.ms": 20,
            }
        )

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._consumer.close()

    def partitions(self) -> list[int]:
        """Return the numbers of the topic's partitions.

        Raises:
            LakeError: there is no such topic.
        """
        found = self._ask(lambda: self._consumer.list_topics(self._topic, TIMEOUT)).topics[self._topic]
        if found.error is not None:
            raise LakeError(f"topic {self._topic} on {self._addresses}: {found.error.str()}. Is the topic's name right?")
        return sorted(found.partitions)

    def identity(self) -> str:
        """Return what the broker knows the topic by; empty if it gives topics no number."""
        try:
            number = str(self._admin.describe_topics(TopicCollection([self._topic]))[self._topic].result().topic_id)
        except KafkaException:
            return ""
        return "" if number == _NO_ID else number

    def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset that the broker still has, and the one after the last that is committed."""
        low, high = self._ask(lambda: self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), TIMEOUT))
        return int(low), int(high)

    def since(self, partition: int, when: dt.datetime) -> int | None:
        """Return the first offset that was appended at a time or later; None if there is none yet."""
        asked = TopicPartition(self._topic, partition, int(when.timestamp() * 1000))
        (found,) = self._ask(lambda: self._consumer.offsets_for_times([asked], TIMEOUT))
        return None if found.offset < 0 else int(found.offset)

    def events(self, of: Range) -> Iterator[Event]:
        """Yield the events of a range, by offset. Not every offset has one: some are of transactions, or were compacted away.

        Raises:
            LakeError: the events have no time of the broker's, or do not come.
        """
        self._consumer.assign([TopicPartition(self._topic, of.partition, of.first)])
        try:
            reached, came = of.first, time.monotonic()
            while reached < of.next:
                messages = self._consumed(min(_AT_ONCE, of.next - reached))
                came = time.monotonic() if messages else came
                if time.monotonic() - came > TIMEOUT:
                    raise StorageError(f"{self._place(of.partition)}: nothing came in {TIMEOUT:.0f} s, though offsets {reached} to {of.next - 1} are there.")
                for message in messages:
                    error, offset = message.error(), message.offset() or 0
                    if error is not None:
                        self._check_end(of, error, reached)
                        reached = max(reached, offset)
                        continue
                    if offset < of.next:
                        kind, appended_at = message.timestamp()
                        if kind != TIMESTAMP_LOG_APPEND_TIME:
                            raise self._is_senders_time(of, offset)
                        yield Event(offset, appended_at, message.key(), message.value())
                    reached = offset + 1
        finally:
            self._consumer.unassign()

    def _consumed(self, count: int) -> list[Message]:
        """Return so many messages, or fewer: where offsets have no events, the client waits for more until the time is over."""
        return self._ask(lambda: self._consumer.consume(count, _PAUSE))

    def _check_end(self, of: Range, error: KafkaError, reached: int) -> None:
        """Check that what came instead of a message is the partition's end."""
        if error.name() != _END:
            raise StorageError(f"{self._place(of.partition)}, offset {reached}: {error.str()}")

    def _is_senders_time(self, of: Range, offset: int) -> LakeError:
        return LakeError(
            f"{self._place(of.partition)}, offset {offset}: the time is the sender's, which need not grow, so no day would end at one place. "
            "Have the broker stamp events: set the topic's message.timestamp.type to LogAppendTime."
        )

    def _place(self, partition: int) -> str:
        return f"topic {self._topic}, partition {partition}"

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except KafkaException as wrong:
            raise StorageError(f"topic {self._topic} on {self._addresses}: {wrong.args[0].str()}") from wrong
