"""What a contact was told of a campaign: the messages that were sent, and the links in them that were followed."""

import ibis
import ibis.expr.types as ir
from ibis import _

SENT, CLICKED = "sent", "clicked"

_TOUCH = ("contact_id", "campaign_id", "touched_at", "touched_on", "touch")


def touches(sends: ir.Table, page_views: ir.Table) -> ir.Table:
    """Return each touch: contact_id, campaign_id, its time and day, and whether it is `sent` or `clicked`."""
    return _messages(sends).union(_clicks(sends, page_views))


def _messages(sends: ir.Table) -> ir.Table:
    return sends.select("contact_id", "campaign_id", touched_at=_.sent_at, touched_on=_.batch_date, touch=ibis.literal(SENT))


def _clicks(sends: ir.Table, page_views: ir.Table) -> ir.Table:
    """Return the requests that name a campaign; a browser without marketing's cookie is that of the contact to whom the message went."""
    followed = page_views.filter(_.campaign_id.notnull()).select("campaign_id", "send_id", "contact_id", touched_at=_.requested_at, touched_on=_.batch_date)
    messages = sends.select("campaign_id", "send_id", addressee=_.contact_id, sent_on=_.batch_date)
    told = followed.left_join(
        messages,
        [followed.campaign_id == messages.campaign_id, followed.send_id == messages.send_id, messages.sent_on <= followed.touched_on],
    )
    known = told.mutate(contact_id=ibis.coalesce(_.contact_id, _.addressee), touch=ibis.literal(CLICKED)).filter(_.contact_id.notnull())
    return known.select(*_TOUCH)
