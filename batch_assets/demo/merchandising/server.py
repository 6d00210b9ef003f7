"""A small server of the planned promotions: pages, an ETag, a limit of requests, and errors now and then.

Belongs here: HTTP. Does not belong here: what is planned (`promotions.py`).
"""

import datetime as dt
import json
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from .promotions import PAGE, etag, pages

FAILS_EVERY = 7
"""Every so many requests one fails with 503."""

MOST_A_SECOND = 20
"""Requests beyond these within a second are answered with 429."""


def serve(records: Callable[[dt.date], list[str]], port: int = 8765) -> ThreadingHTTPServer:
    """Return a server of the records of a day at `/promotions?day=2017-11-08&page=1`, bound to this machine; the caller runs and closes it."""
    recent, count = deque[float](maxlen=MOST_A_SECOND), [0]

    class Handler(BaseHTTPRequestHandler):
        """Answers a request."""

        def do_GET(self) -> None:
            """Answer with a page, or refuse."""
            now, full = time.monotonic(), len(recent) == MOST_A_SECOND
            count[0] += 1
            if full and now - recent[0] < 1:
                return self._answer(HTTPStatus.TOO_MANY_REQUESTS, b"", {"Retry-After": "1"})
            recent.append(now)
            if count[0] % FAILS_EVERY == 0:
                return self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", {})
            asked = parse_qs(urlparse(self.path).query)
            try:
                day, page = dt.date.fromisoformat(asked["day"][0]), int(asked["page"][0])
            except (KeyError, ValueError):
                return self._answer(HTTPStatus.BAD_REQUEST, b"day and page, please", {})
            texts = records(day)
            tag, some = etag(texts), ",".join(texts[(page - 1) * PAGE : page * PAGE])
            if self.headers.get("If-None-Match") == tag:
                return self._answer(HTTPStatus.NOT_MODIFIED, b"", {"ETag": tag})
            head = json.dumps({"day": str(day), "page": page, "pages": pages(texts)}).removesuffix("}")
            return self._answer(HTTPStatus.OK, f'{head}, "promotions": [{some}]}}'.encode(), {"ETag": tag, "Content-Type": "application/json"})

        def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
