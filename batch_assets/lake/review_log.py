"""The review log: what customers wrote about products, as the web shop passes it on, in one file per day."""

from ..ingest.formats.json_lines import JsonLines
from ..ingest.lakefile import LakeFile

review_log = LakeFile(
    name="review_log",
    pattern="reviews/{day}.jsonl.gz",
    format=JsonLines(),
    description="Reviews that arrived on one store-local day. Grain: one review. Times are UTC.",
    columns={
        "review_id": "number of the review",
        "product_id": "number of the product",
        "marketing_id": "the marketing department's ID of the author, or null",
        "five_stars": "true if the customer gave five stars of five, false if fewer, null if none",
        "text": "what the customer wrote",
        "reviewed_at": "time of writing, UTC, ISO 8601",
    },
    may_be_empty=True,
    private=("marketing_id",),
    identified_by=(("marketing_id",),),
)
