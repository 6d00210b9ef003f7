"""Planned promotions: those that merchandising announced on one store-local day, landed from its API; the first file has all that are known by then."""

from ..ingest.formats.json_document import JsonDocument
from ..ingest.lakefile import LakeFile

promotion_plan = LakeFile(
    name="promotion_plan",
    pattern="merchandising/promotions/{day}.json.gz",
    format=JsonDocument(records="promotions"),
    description="Promotions announced on one store-local day. Grain: one product in one place of the weekly mailer.",
    columns={
        "promotion_id": "week, product and place in the mailer",
        "product_id": "number of the product",
        "mailer": "place in the weekly mailer, a letter",
        "stores": "number of stores that take part",
        "starts_on": "first day, ISO 8601",
        "ends_on": "last day, ISO 8601",
    },
    may_be_empty=True,
)
