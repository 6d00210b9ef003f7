"""What is asked of Pub/Sub: what a subscription is, messages, and to take them for delivered.

All that knows google-cloud-pubsub is here; it is an extra. Where the environment has PUBSUB_EMULATOR_HOST, that is asked instead of Google.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TypeVar

import grpc
from google.api_core.exceptions import DeadlineExceeded, GoogleAPIError, InvalidArgument, NotFound, PermissionDenied
from google.auth.exceptions import GoogleAuthError
from google.cloud.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports.grpc import SubscriberGrpcTransport
from google.pubsub_v1.types import PullResponse

from ..errors import LakeError, StorageError

T = TypeVar("T")

WAIT = 10.0
"""Seconds to wait for messages to have come, which may be some ten megabytes each."""

TIMEOUT = 30.0
"""Seconds to wait for any other answer."""

_AT_ONCE = 1000
"""Messages that are asked for, or taken for delivered, in one request: more than that is refused, or larger than a request may be."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was delivered.

    Attributes:
        delivery: what this delivery is known by.
        id: what the message is known by in its topic; it is the same in every delivery.
        published_at: the time at which Pub/Sub received it: seconds since 1970, and nanoseconds.
        key: its ordering key, if it has one.
        attributes: its attributes.
        value: its data.
    """

    delivery: str
    id: str
    published_at: tuple[int, int]
    key: str | None
    attributes: dict[str, str]
    value: bytes


@dataclass(frozen=True)
class Terms:
    """What a subscription promises.

    Attributes:
        topic: the topic's path, within which a message's id is unique.
        deadline: after it, a message that was not taken for delivered is delivered again.
        retention: so long at most is a message kept, and may be delivered again.
    """

    topic: str
    deadline: timedelta
    retention: timedelta


class Subscriber:
    """A subscription; a context that closes the connection."""

    def __init__(self, path: str) -> None:
        """Take the path of a subscription; nothing is asked yet.

        Raises:
            StorageError: there are no credentials.
        """
        self.path = path
        self._client = self._ask(_client)

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def terms(self) -> Terms:
        """Return what the subscription promises.

        Raises:
            LakeError: there is none, or it may not be read.
            StorageError: Pub/Sub does not answer.
        """
        found = self._ask(lambda: self._client.get_subscription(subscription=self.path, timeout=TIMEOUT, retry=None))
        return Terms(found.topic, timedelta(seconds=found.ack_deadline_seconds), found.message_retention_duration)

    def pulled(self, count: int) -> list[Message]:
        """Return some messages, at most as many as asked for; none, if none comes within a few seconds."""
        try:
            answer = self._client.pull(subscription=self.path, max_messages=min(count, _AT_ONCE), timeout=WAIT, retry=None)
        except DeadlineExceeded:
            return []
        except (GoogleAPIError, GoogleAuthError) as wrong:
            raise self._told(wrong) from wrong
        return [_message(received) for received in PullResponse.pb(answer).received_messages]

    def take(self, messages: Sequence[Message]) -> None:
        """Have messages taken for delivered: they are not delivered again, or at most now and then."""
        for first in range(0, len(messages), _AT_ONCE):
            deliveries = [message.delivery for message in messages[first : first + _AT_ONCE]]
            self._ask(partial(self._client.acknowledge, subscription=self.path, ack_ids=deliveries, timeout=TIMEOUT))

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (GoogleAPIError, GoogleAuthError) as wrong:
            raise self._told(wrong) from wrong

    def _told(self, wrong: Exception) -> Exception:
        why = " ".join(str(wrong).split())
        if isinstance(wrong, NotFound | InvalidArgument | PermissionDenied):
            return LakeError(f"subscription {self.path}: {why}. Is its path right, and may this account read and describe it?")
        return StorageError(f"subscription {self.path}: {why}")


def _client() -> SubscriberClient:
    """Return a client, which takes messages of any size, also from an emulator: Google's own takes 4 MB from one."""
    if (emulator := os.environ.get("PUBSUB_EMULATOR_HOST")) is None:
        return SubscriberClient()
    channel = grpc.insecure_channel(emulator, [("grpc.max_receive_message_length", -1)])
    return SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


def _message(received: PullResponse) -> Message:
    message = received.message
    published_at = (message.publish_time.seconds, message.publish_time.nanos)
    return Message(received.ack_id, message.message_id, published_at, message.ordering_key or None, dict(message.attributes), message.data)
