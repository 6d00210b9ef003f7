"""Runs in Beam's environment: what becomes of a message of a day that comes when the watermark has passed the day's end. Prints how many messages the day has.

`TIMES DAY`: a file with the time of a message on each line; the last one comes late.
"""

import datetime as dt
import sys
from pathlib import Path

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue

from batch_assets import partitions
from batch_assets.beam.events import of_day


def main(times: Path, day: dt.date) -> None:
    """Send all but the last message, let the day end, send the last one."""
    sent = [_message(number, dt.datetime.fromisoformat(line)) for number, line in enumerate(times.read_text().splitlines())]
    begin, end = (partitions.end_of(each).timestamp() for each in (day - dt.timedelta(days=1), day))
    stream = TestStream().advance_watermark_to(begin).add_elements(sent[:-1]).advance_watermark_to(end + 1).add_elements(sent[-1:])
    with beam.Pipeline(options=PipelineOptions(["--streaming"])) as pipeline:
        days = of_day(pipeline | stream.advance_watermark_to_infinity(), day)
        days | beam.Map(lambda each: print(len(list(each[1]))))


def _message(number: int, at: dt.datetime) -> TimestampedValue:
    return TimestampedValue(PubsubMessage(b"", {}, message_id=f"{number:09}", publish_time=at), at.timestamp())


if __name__ == "__main__":
    main(Path(sys.argv[1]), dt.date.fromisoformat(sys.argv[2]))
