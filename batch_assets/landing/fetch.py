"""Fetching a day's pages into one file of the lake: all of them, or nothing.

The file is written under another name, and gets its own when it is complete and on the disk; one that is there is never replaced.
"""

import datetime as dt
import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ..durable import sync
from ..errors import LakeError, in_short
from ..ingest.formats.format import FormError
from ..ingest.formats.json_document import JsonDocument
from .api import Api

RETRIES = Retry(total=6, backoff_factor=0.3, backoff_jitter=0.2, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",))
"""With pauses that double, or as long as the answer's Retry-After asks for."""

TIMEOUT = (5, 60)
"""Seconds to connect, and to wait for bytes."""

ATTEMPTS = 3
"""How often a day is begun again that changes while it is fetched."""

_LEVEL = 6


class _ChangedError(Exception):
    """The day changed between two of its pages."""


def session() -> requests.Session:
    """Return a session that tries again what may be transient; credentials for a host are those in `~/.netrc`."""
    made = requests.Session()
    for scheme in ("http://", "https://"):
        made.mount(scheme, HTTPAdapter(max_retries=RETRIES))
    return made


def land(api: Api, root: Path, day: dt.date, using: requests.Session) -> bool:
    """Fetch a day into its file; return False if it was there already.

    Raises:
        LakeError: the API does not answer as it should. Nothing was landed.
    """
    path = api.path(root, day)
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(ATTEMPTS):
        try:
            with _placed(path) as file:
                _write(api, day, using, file)
        except _ChangedError:
            continue
        except (requests.RequestException, FormError, orjson.JSONDecodeError, KeyError, TypeError) as wrong:
            told = in_short(" ".join(f"{type(wrong).__name__}: {wrong}".split()))
            raise LakeError(f"landing {api.name} of {day} from {api.address()}: {told}. Nothing was landed; run the command again.", day=day) from wrong
        return True
    raise LakeError(f"landing {api.name} of {day} from {api.address()}: it changed {ATTEMPTS} times while it was fetched. Try again later.", day=day)


@contextmanager
def _placed(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when it is complete, unless there is one of that name by then."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces a file.
        os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def _write(api: Api, day: dt.date, using: requests.Session, file: BinaryIO) -> None:
    """Write the records of all pages verbatim, and then where they are from."""
    fetched: list[dict[str, Any]] = []
    with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
        packed.write(f'{{"{api.records}": ['.encode())
        between = b"\n"
        for texts, told in _pages(api, day, using):
            fetched.append(told)
            for text in texts:
                packed.write(between + text)
                between = b",\n"
        packed.write(b'\n], "landed": ' + orjson.dumps({"api": api.name, "day": str(day), "pages": fetched}) + b"}\n")


def _pages(api: Api, day: dt.date, using: requests.Session) -> Iterator[tuple[list[bytes], dict[str, Any]]]:
    """Yield the records of each page, with its request, ETag and time."""
    number, pages, tag = 0, 1, None
    while number < pages:
        number += 1
        answer = using.get(api.address(), params={"day": str(day), "page": str(number)}, timeout=TIMEOUT)
        answer.raise_for_status()
        found = answer.headers["ETag"]
        if tag not in (None, found):
            raise _ChangedError
        tag, pages = found, int(orjson.loads(answer.content)["pages"])
        texts = [text for some in JsonDocument(api.records).elements(io.BytesIO(answer.content)) for text in some]
        yield texts, {"request": answer.request.url, "etag": found, "fetched_at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"}
