"""What marketing sent to its contacts on one store-local day: one JSON object per message."""

from ..ingest.formats.json_lines import JsonLines
from ..ingest.lakefile import LakeFile

send_log = LakeFile(
    name="send_log",
    pattern="marketing/sends/{day}.jsonl",
    format=JsonLines(),
    description="Messages that marketing sent on one store-local day. Grain: one message to one contact.",
    columns={
        "send_id": "number of the message",
        "contact_id": "marketing's number of the contact",
        "campaign_id": "number of the campaign",
        "channel": "email or letter",
        "sent_at": "time of sending, UTC, ISO 8601",
    },
    may_be_empty=True,
)
