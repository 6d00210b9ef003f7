"""Requests to the web site on one store-local day: the server's log in the combined format, and the cookie after it."""

from ..ingest.formats.pattern import Pattern
from ..ingest.lakefile import LakeFile

_QUOTED = r'"(?P<{}>(?:[^"\\]|\\.)*)"'
"""Text in which the server writes a quote or a backslash behind a backslash."""

access_log = LakeFile(
    name="access_log",
    pattern="web/access/{day}.log.gz",
    format=Pattern(
        r"(?P<host>\S+) \S+ \S+ \[(?P<requested_at>[^\]]*)\] "
        + " ".join([_QUOTED.format("request"), r"(?P<status>\S+) (?P<size>\S+)", *map(_QUOTED.format, ("referrer", "agent", "cookie"))])
    ),
    description="Requests to the web site on one store-local day. Grain: one request.",
    columns={
        "host": "IP address of the client",
        "requested_at": "local time with its offset, as web servers write it",
        "request": "method, path with its query, and protocol",
        "status": "status of the answer",
        "size": "bytes of the answer, or -",
        "referrer": "page that led here, or -",
        "agent": "what the client calls itself",
        "cookie": "mid=, with marketing's number of the contact, or -",
    },
    may_be_empty=True,
    private=("host",),
    identified_by=(("cookie",),),
)
