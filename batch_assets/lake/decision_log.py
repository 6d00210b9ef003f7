"""What people decided about records of customers on one day: that two are one customer, or that they are not."""

from ..ingest.formats.csv import Csv
from ..ingest.lakefile import LakeFile

decision_log = LakeFile(
    name="decision_log",
    pattern="decisions/{day}.csv",
    format=Csv(),
    description="Decisions about records of customers, written down on one day. Grain: one decision about one pair.",
    columns={
        "left_source": "department of one record, as in customer_links",
        "left_key": "its key",
        "right_source": "department of the other record",
        "right_key": "its key",
        "decision": "same or not same",
        "decided_by": "who says so",
    },
    may_be_empty=True,
    private=("decided_by",),
)
