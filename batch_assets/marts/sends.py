"""Messages that marketing sent, typed and each once. Invalid ones are rejected with the reason."""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.local_time import to_local
from ..expressions.text import utc_time, whole_number
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import first_of_each

CHANNELS = ("email", "letter")


class Sends(Contract):
    """Messages sent."""

    batch_date: dt.Date = Field(description="store-local day on which they were sent")
    send_id: dt.Int64 = Field(gt=0, description="number of the message")
    contact_id: dt.String = Field(str_matches=r"^C\d{6}$", description="marketing's number of the contact")
    campaign_id: dt.Int64 = Field(gt=0, description="number of the campaign")
    channel: dt.String = Field(isin=CHANNELS, description="email or letter")
    sent_at: Annotated[dt.Timestamp, None, 6, True] = Field(description="time of sending, UTC")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date and message."""

        unique = ["batch_date", "send_id"]


@table(contract=Sends)
def sends(send_log: ir.Table) -> ir.Table:
    """Messages sent to contacts. Grain: one row per batch_date and send_id."""
    typed = send_log.select(
        "batch_date",
        send_id=whole_number(send_log.send_id),
        contact_id=_.contact_id,
        campaign_id=whole_number(send_log.campaign_id),
        channel=_.channel,
        sent_at=utc_time(send_log.sent_at),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            *((_[name].isnull() | (_[name] <= 0), f"{name} is not a positive whole number") for name in ("send_id", "campaign_id")),
            (~_.contact_id.re_search(r"^C\d{6}$").fill_null(False), "contact_id is not C and six digits"),
            (~_.channel.isin(CHANNELS).fill_null(False), f"channel is not {' or '.join(CHANNELS)}"),
            (_.sent_at.isnull(), "sent_at is not a UTC time"),
            (to_local(_.sent_at).date() != _.batch_date, "sent_at is on another day than the file's"),
        )
    )
    return first_of_each(judged, "send_id", otherwise="the line repeats an earlier message of the day")
