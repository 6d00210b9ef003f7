"""The catalogue: products added or changed since the previous day; the first file is a full dump."""

from ..ingest.formats.json_lines import JsonLines
from ..ingest.lakefile import LakeFile

catalogue = LakeFile(
    name="catalogue",
    pattern="catalogue/{day}.jsonl",
    format=JsonLines(),
    description="Products added or changed on one store-local day; the first file has all of them. Grain: one product.",
    columns={
        "product_id": "number of the product",
        "manufacturer_id": "number of its manufacturer",
        "department": "department it is sold in",
        "brand": "National or Private",
        "category": "category within the department, or null",
        "type": "type within the category, or null",
        "package_size": "size of the package as text, or null",
    },
    may_be_empty=True,
)
