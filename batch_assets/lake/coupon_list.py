"""The coupons of the campaigns that marketing announced on one store-local day: the products that they are for."""

from ..ingest.formats.csv import Csv
from ..ingest.lakefile import LakeFile

coupon_list = LakeFile(
    name="coupon_list",
    pattern="marketing/coupons/{day}.csv.gz",
    format=Csv(),
    description="Coupons of the campaigns announced on one store-local day. Grain: one product of one coupon.",
    columns={
        "campaign_id": "number of the campaign",
        "coupon_upc": "number of the coupon",
        "product_id": "number of a product that the coupon is for",
        "starts_on": "first day of the campaign, on which its coupons become valid",
        "ends_on": "last day of the campaign",
    },
    may_be_empty=True,
)
