"""Runs the pipeline on messages that a file lists, as Pub/Sub would deliver them: in another order, some twice, and some of other days."""

import base64
import datetime as dt
import json
import random
import sys
from pathlib import Path
from unittest.mock import patch

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue

from batch_assets.beam import pipeline
from batch_assets.beam.__main__ import main

_MOST_AT_ONCE = 7


def messages(made: beam.Pipeline, subscription: str) -> beam.PCollection:
    """Return the messages that the file named by the subscription lists, one a line."""
    listed = [json.loads(line) for line in Path(subscription).read_text().splitlines()]
    come = [(dt.datetime.fromisoformat(each["at"]), number, base64.b64decode(each["value"])) for number, each in enumerate(listed)]
    begin, end = min(come)[0], max(come)[0]
    stream = TestStream().advance_watermark_to(begin.timestamp() - 1)
    shuffled = random.Random(1).sample(come + come[::9], len(come + come[::9]))
    for first in range(0, len(shuffled), _MOST_AT_ONCE):
        stream.add_elements(
            [
                TimestampedValue(PubsubMessage(value, {}, message_id=f"{number:09}", publish_time=at), at.timestamp())
                for at, number, value in shuffled[first : first + _MOST_AT_ONCE]
            ]
        )
    return made | stream.advance_watermark_to(end.timestamp() + 2 * 24 * 3600).advance_watermark_to_infinity()


if __name__ == "__main__":
    with patch.object(pipeline, "messages", messages):
        sys.exit(main())
