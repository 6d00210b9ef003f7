"""Pub/Sub on loopback: a server of its gRPC service in this process, which delivers as badly as it may, and Google's emulator where it is installed.

The server delivers in any order, at most a few messages at once, and again what was not acknowledged before the deadline, or when it is asked to.
"""

import datetime as dt
import itertools
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import grpc
from google.api_core.exceptions import GoogleAPIError
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types as api

PROJECT = "projects/retailer"
DEADLINE = 10
"""Seconds of a subscription's deadline, the least that Pub/Sub takes."""

_JARS = (Path("/usr/lib/google-cloud-sdk"), Path.home() / "google-cloud-sdk")


class Service(Protocol):
    """A Pub/Sub."""

    address: str

    def begin(self, topic: str, subscription: str) -> None:
        """Make a topic and its subscription."""

    def publish(self, topic: str, *values: bytes, **attributes: str) -> None:
        """Publish messages."""

    def again(self, subscription: str) -> None:
        """Have all messages delivered again, though they were acknowledged."""


@dataclass
class _Subscription:
    topic: str
    waiting: list[Any] = field(default_factory=list)
    leased: dict[str, tuple[float, Any]] = field(default_factory=dict)
    acknowledged: list[Any] = field(default_factory=list)


class OwnService:
    """A server of the service's gRPC methods that a lander calls."""

    def __init__(self, most_at_once: int = 4) -> None:
        self.most_at_once, self.delivered = most_at_once, 0
        self._subscriptions: dict[str, _Subscription] = {}
        self._ids, self._deliveries, self._lock, self._random = itertools.count(10**15), itertools.count(1), threading.RLock(), random.Random(1)
        self.address = f"127.0.0.1:{_free_port()}"
        self.start()

    def start(self) -> None:
        """Listen."""
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    "google.pubsub.v1.Subscriber",
                    {
                        "Pull": _handler(self._pull, api.PullRequest, api.PullResponse),
                        "Acknowledge": _handler(self._acknowledge, api.AcknowledgeRequest),
                        "GetSubscription": _handler(self._get, api.GetSubscriptionRequest, api.Subscription),
                    },
                )
            ]
        )
        assert self._server.add_insecure_port(self.address)
        self._server.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.stop(0).wait()

    def begin(self, topic: str, subscription: str) -> None:
        """Make a topic and its subscription."""
        self._subscriptions[subscription] = _Subscription(topic)

    def publish(self, topic: str, *values: bytes, at: dt.datetime | None = None, key: str = "", **attributes: str) -> None:
        """Publish messages, as at a time."""
        with self._lock:
            for value in values:
                message = api.PubsubMessage(
                    data=value, attributes=attributes, ordering_key=key, message_id=str(next(self._ids)), publish_time=at or dt.datetime.now(dt.UTC)
                )
                for subscription in self._subscriptions.values():
                    if subscription.topic == topic:
                        subscription.waiting.append(message)

    def again(self, subscription: str) -> None:
        """Have all messages delivered again, though they were acknowledged."""
        found = self._subscriptions[subscription]
        with self._lock:
            found.waiting += found.acknowledged
            found.acknowledged = []

    def release(self, subscription: str) -> None:
        """Have those messages delivered again that nobody acknowledged."""
        self._expire(self._subscriptions[subscription], float("inf"))

    def delete_topic(self, subscription: str) -> None:
        """Delete a subscription's topic; the subscription keeps what it has."""
        self._subscriptions[subscription].topic = "_deleted-topic_"

    def left(self, subscription: str) -> int:
        """Return how many messages nobody acknowledged."""
        return len(self._subscriptions[subscription].waiting) + len(self._subscriptions[subscription].leased)

    def _expire(self, found: _Subscription, now: float) -> None:
        with self._lock:
            for delivery in [delivery for delivery, (until, _) in found.leased.items() if until <= now]:
                found.waiting.append(found.leased.pop(delivery)[1])

    def _pull(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._found(request.subscription, context)
        self._expire(found, time.monotonic())
        with self._lock:
            self._random.shuffle(found.waiting)
            taken = [found.waiting.pop() for _ in range(min(self.most_at_once, request.max_messages, len(found.waiting)))]
            received = [api.ReceivedMessage(ack_id=str(next(self._deliveries)), message=message) for message in taken]
            found.leased |= {each.ack_id: (time.monotonic() + DEADLINE, each.message) for each in received}
            self.delivered += len(received)
        return api.PullResponse(received_messages=received)

    def _acknowledge(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._found(request.subscription, context)
        with self._lock:
            found.acknowledged += [found.leased.pop(delivery)[1] for delivery in request.ack_ids if delivery in found.leased]
        return Empty()

    def _get(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._found(request.subscription, context)
        return api.Subscription(name=request.subscription, topic=found.topic, ack_deadline_seconds=DEADLINE, message_retention_duration=dt.timedelta(days=7))

    def _found(self, subscription: str, context: grpc.ServicerContext) -> _Subscription:
        if subscription not in self._subscriptions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={subscription.rpartition('/')[2]}).")
        return self._subscriptions[subscription]


def _handler(function: Callable[..., Any], request: Any, response: Any = None) -> Any:
    written = response.serialize if response else Empty.SerializeToString
    return grpc.unary_unary_rpc_method_handler(function, request.deserialize, written)


class Emulator:
    """Google's emulator."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._publisher, self._subscriber = PublisherClient(), SubscriberClient()

    def begin(self, topic: str, subscription: str) -> None:
        """Make a topic and its subscription."""
        self._publisher.create_topic(name=topic)
        self._subscriber.create_subscription(request={"name": subscription, "topic": topic, "ack_deadline_seconds": DEADLINE, "retain_acked_messages": True})

    def publish(self, topic: str, *values: bytes, **attributes: str) -> None:
        """Publish messages."""
        sent = [self._publisher.publish(topic, value, **attributes) for value in values]
        assert all(each.result() for each in sent)

    def again(self, subscription: str) -> None:
        """Have all messages delivered again, though they were acknowledged."""
        self._subscriber.seek(request={"subscription": subscription, "time": dt.datetime.now(dt.UTC) - dt.timedelta(days=1)})


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator | None]:
    """Give Google's emulator: the one that the environment names, or one that is started here; None if it is not installed."""
    jar = next((jar for sdk in _JARS for jar in (sdk / "platform" / "pubsub-emulator" / "lib").glob("cloud-pubsub-emulator-*-all.jar")), None)
    if "PUBSUB_EMULATOR_HOST" in os.environ:
        yield Emulator(os.environ["PUBSUB_EMULATOR_HOST"])
        return
    if jar is None or shutil.which("java") is None:
        yield None
        return
    address = f"127.0.0.1:{_free_port()}"
    host, _, port = address.partition(":")
    process = subprocess.Popen(["java", "-jar", str(jar), f"--host={host}", f"--port={port}"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ["PUBSUB_EMULATOR_HOST"] = address
    try:
        yield _answering(Emulator(address))
    finally:
        del os.environ["PUBSUB_EMULATOR_HOST"]
        process.kill()
        process.wait()


def _answering(found: Emulator) -> Emulator:
    for _ in range(100):
        try:
            found.begin(f"{PROJECT}/topics/first", f"{PROJECT}/subscriptions/first")
        except GoogleAPIError:
            time.sleep(0.1)
        else:
            return found
    raise AssertionError("the emulator does not answer")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
