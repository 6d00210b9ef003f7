"""Deliveries of one store-local day, as logistics notes them: an XML document."""

from ..ingest.formats.xml import Xml
from ..ingest.lakefile import LakeFile

delivery_notes = LakeFile(
    name="delivery_notes",
    pattern="logistics/deliveries/{day}.xml.gz",
    format=Xml(
        root="Deliveries",
        record="Delivery",
        fields={
            "delivery_no": "@number",
            "delivered_at": "DeliveredAt",
            "store_id": "Store",
            "receipt_id": "Receipt",
            "name": "Recipient/party:Name",
            "phone": "Recipient/party:Phone",
            "street": "Recipient/party:Address/party:Street",
            "postcode": "Recipient/party:Address/party:Postcode",
            "city": "Recipient/party:Address/party:City",
        },
        optional=("receipt_id", "phone"),
        namespaces={"": "urn:example:logistics:deliveries:1", "party": "urn:example:party:2"},
    ),
    description="Deliveries to households of one store-local day. Grain: one delivery.",
    columns={
        "delivery_no": "number of the delivery",
        "delivered_at": "time of delivery, UTC, ISO 8601",
        "store_id": "number of the store that packed it",
        "receipt_id": "number of the receipt, if the driver noted it",
        "name": "recipient's name",
        "phone": "recipient's phone",
        "street": "street and number",
        "postcode": "postcode",
        "city": "city",
    },
    may_be_empty=True,
    private=("name", "phone", "street", "postcode", "city"),
    identified_by=(("name", "phone"), ("name", "street", "postcode"), ("name", "delivery_no")),
)
