"""A server of S3's protocol that answers 500 and 503 now and then, as an object store does that has too much to do.

It is a process of its own: delta-rs removes a file without letting go of Python's lock, so a server in the same process could not answer.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import boto3
import pytest

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
EVERY = 9
"""One in so many requests is answered as by a server that has too much to do."""


class Busy:
    """A server that is busy now and then, as its tests see it."""

    def __init__(self, numbers: Any) -> None:
        self._numbers = numbers

    @property
    def refused(self) -> int:
        """The number of requests that it has refused."""
        return int(self._numbers.value) // EVERY


def serve(port: Connection, numbers: Any) -> None:
    """Serve until the process is ended; tell the port."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app = DomainDispatcherApplication(create_backend_app)

    def busy(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with numbers.get_lock():
            numbers.value += 1
            number = numbers.value
        if number % EVERY:
            return app(environ, start)
        start("503 Slow Down" if number % 2 else "500 Internal Server Error", [("Content-Length", "0")])
        return [b""]

    made = make_server("127.0.0.1", 0, busy, threaded=True)
    port.send(made.server_port)
    made.serve_forever()


@pytest.fixture(scope="module")
def server() -> Iterator[Busy]:
    """A server with a bucket; the environment says where it is, as for every client of S3."""
    started = multiprocessing.get_context("spawn")
    numbers, (mine, its) = started.Value("q", 0), started.Pipe()
    process = started.Process(target=serve, args=(its, numbers))
    process.start()
    assert mine.poll(60)
    environment = pytest.MonkeyPatch()
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{mine.recv()}"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ):
        environment.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="retailer")
    yield Busy(numbers)
    environment.undo()
    process.kill()
    process.join()
