"""Which lander lands a stream. Its client is imported when it is needed: each is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ..errors import DefinitionError
from .health import Health
from .stream import Landed, Stream, Subscription


class Landing(Protocol):
    """What lands a stream."""

    def land(self) -> Iterator[str]:
        """Land all that there is, and close the days that have ended; yield a line for each segment and each day."""
        ...

    def health(self) -> str:
        """Return how it is, in a line."""
        ...

    def state(self) -> Health:
        """Return how it is, for those who look at it from outside."""
        ...


@contextmanager
def opened(stream: Landed, root: Path) -> Iterator[Landing]:
    """Open what a stream is landed from, and be its only lander.

    Raises:
        DefinitionError: its client is not installed.
        LakeError: another process lands the stream.
    """
    if isinstance(stream, Subscription):
        with _subscribed(stream, root) as lander:
            yield lander
    elif isinstance(stream, Stream):
        with _of_kafka(stream, root) as lander:
            yield lander


@contextmanager
def _of_kafka(stream: Stream, root: Path) -> Iterator[Landing]:
    try:
        from .broker import Broker
        from .lander import Lander
    except ImportError as error:
        raise _missing(error, "kafka") from error
    with Broker(stream.brokers(), stream.topic) as broker, Lander(stream, root, broker).alone() as lander:
        yield lander


@contextmanager
def _subscribed(stream: Subscription, root: Path) -> Iterator[Landing]:
    try:
        from .subscribed import SubscriptionLander
        from .subscriber import Subscriber
    except ImportError as error:
        raise _missing(error, "pubsub") from error
    with Subscriber(stream.path()) as subscriber, SubscriptionLander(stream, root, subscriber).alone() as lander:
        yield lander


def _missing(error: ImportError, extra: str) -> DefinitionError:
    return DefinitionError(f"{error.name} is not installed. Install it with pip install 'batch_assets[{extra}]'.")
