"""Events of a stream, a line each, as a lander writes them: what the broker knows of an event, and its value.

The fields are the members of the value, which is a JSON object. What is none is rejected, with partition and offset; so is a message that was delivered
again, with the place where it was landed first.
"""

from collections.abc import Collection
from typing import Any

import orjson

from .format import REPEATED, Refused
from .json_objects import STAND_IN, rows_of, without
from .lines import LineFormat, Rows


class Events(LineFormat):
    """One event per line, whose value is a JSON object with exactly the expected members, each once and none nested."""

    nothing = None
    stand_in = STAND_IN

    def without(self, line: bytes, columns: tuple[str, ...], fields: Collection[str]) -> bytes:
        """Return an event whose value has null in some members, and no attributes; its key stays, since it says in which partition the event is."""
        event = orjson.loads(line)
        besides: dict[str, Any] = {"attributes": {}} if "attributes" in event else {}
        return orjson.dumps({**event, **besides, "value": without(event["value"].encode(), fields).decode()})

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Parse whole lines."""
        lines = block.removesuffix(b"\n").split(b"\n") if block else []
        events = [_event(line) for line in lines]
        values = [value.encode() if isinstance(value := event.get("value"), str) and "repeats" not in event else b"" for event in events]
        rows = rows_of(values, b"\n".join(values), first_line, columns, "value")
        rows.refused[:] = [_refused(each, lines[each.line - first_line], events[each.line - first_line]) for each in rows.refused]
        return rows


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}


def _refused(found: Refused, line: bytes, event: dict[str, Any]) -> Refused:
    if not {"partition", "offset"} <= event.keys():
        return Refused.of(found.line, "the line is no event", line)
    if "repeats" in event:
        return Refused.of(found.line, f"{REPEATED}: {event.get('message_id')} was landed before, in {event['repeats']}", line)
    why = "the value is not text in UTF-8" if "value_base64" in event else "the event has no value" if event.get("value") is None else found.reason
    return Refused.of(found.line, f"{why}: partition {event['partition']}, offset {event['offset']}", line)
