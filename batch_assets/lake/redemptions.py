"""Redeemed coupons of one store-local day, as the clearing house lists them."""

from ..ingest.formats.csv import Csv
from ..ingest.lakefile import LakeFile

redemptions = LakeFile(
    name="redemptions",
    pattern="marketing/redemptions/{day}.csv",
    format=Csv(separator=";", encoding="latin-1"),
    description="Coupons redeemed on one store-local day. Grain: one redeemed coupon.",
    columns={
        "voucher_no": "number under which the coupon was cleared",
        "redeemed_on": "store-local day, dd.mm.yyyy",
        "store_id": "number of the store",
        "campaign_id": "number of the campaign",
        "coupon_upc": "number of the coupon",
        "contact_id": "marketing's number of the contact, or blank if it was torn off",
        "name": "name as written on the coupon, or blank",
        "value": "dollars that the till took off, with a decimal comma; blank if nothing",
    },
    may_be_empty=True,
    private=("name",),
    identified_by=(("contact_id",), ("name", "voucher_no")),
)
