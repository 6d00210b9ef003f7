"""Marketing's contacts: those registered or changed since the previous day; the first file has all of them."""

from ..ingest.formats.json_document import JsonDocument
from ..ingest.lakefile import LakeFile

contact_list = LakeFile(
    name="contact_list",
    pattern="marketing/contacts/{day}.json",
    format=JsonDocument(records="contacts"),
    description="Marketing's contacts that were registered or changed on one store-local day; the first file has all of them. Grain: one contact.",
    columns={
        "contact_id": "marketing's number of the contact",
        "name": "name as the contact typed it",
        "email": "email address",
        "birth_year": "year of birth, or null",
        "postcode": "postcode, or null",
    },
    may_be_empty=True,
    private=("name", "email", "birth_year", "postcode"),
    identified_by=(("contact_id",), ("name", "email")),
)
