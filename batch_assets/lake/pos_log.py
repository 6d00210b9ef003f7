"""The till log: every line of every receipt, as the tills wrote it, in one file per store-local day, or as they sent it, in segments of a stream."""

from ..ingest.formats.csv import Csv
from ..ingest.formats.events import Events
from ..ingest.lakefile import Form, LakeFile
from ..streams.tills import tills

pos_log = LakeFile(
    name="pos_log",
    pattern="sales/pos/{day}.csv.gz",
    format=Csv(),
    description="Till lines of one store-local day, as the tills wrote them. Grain: one line of a receipt. Times are UTC.",
    columns={
        "receipt_id": "number of the receipt",
        "line_no": "line within the receipt, from 1",
        "sold_at": "time of sale, UTC, ISO 8601",
        "store_id": "number of the store",
        "customer_name": "customer's name as the cashier typed it, or blank",
        "postcode": "customer's postcode as the cashier typed it, or blank",
        "product_id": "number of the product",
        "quantity": "units sold; for fuel and a few services, in their own unit of measure",
        "amount": "dollars paid by the customer, after the store's discounts",
        "retail_discount": "dollars taken off by the store's loyalty card",
        "coupon_discount": "dollars taken off by a manufacturer's coupon",
        "coupon_match_discount": "dollars taken off by the store matching a coupon",
    },
    private=("customer_name", "postcode"),
    identified_by=(("customer_name", "postcode"), ("customer_name", "store_id", "receipt_id")),
    instead=Form(tills.pattern, Events(), tills.closing, tills.so_far),
)
