"""Which campaign led which customer to buy what: each line of a receipt is credited to one campaign at most, or to none.

A line can be credited to a campaign that has a coupon for its product and runs on the day of sale, by the strongest evidence that there is:
a coupon of the campaign was `redeemed` on the receipt; the customer `clicked` on a link of the campaign before the purchase; a message of the campaign was
`sent` to the customer before it. Of several campaigns, the one with the strongest evidence gets the line, then the one that last touched the
customer, then the one with the lowest number. A touch counts until the campaign's last day, until which its coupons are valid.

What is credited was not caused: whom campaigns were for was not left to chance. Who a customer was is as known on the batch day.
"""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field, rule
from ..table.table import ALL, table
from ._campaigns.redeemed import redeemed_lines
from ._campaigns.touches import CLICKED, SENT, touches
from ._receipts import LINE, contacts_of, with_customers
from .campaign_coupons import LONGEST
from .till_lines import MOST_DAYS_LATE

REDEEMED, NONE = "redeemed", "none"
EVIDENCE = (REDEEMED, CLICKED, SENT)
"""The evidence, strongest first."""

RUNNING = LONGEST + MOST_DAYS_LATE
"""The days before a batch day on which a campaign may have been announced that ran when one of the day's lines was sold."""

_SECONDS_OF_AN_HOUR = 3600


class CampaignPurchases(Contract):
    """Lines credited to campaigns, and the rest of each day."""

    batch_date: dt.Date = Field(description="day on which the lake received the line")
    sold_on: dt.Date = Field(nullable=True, description="store-local day of sale; null for the day's rest, like all columns of the line and the campaign")
    store_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the store")
    receipt_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the receipt in its store")
    line_no: dt.Int64 = Field(gt=0, nullable=True, description="line within the receipt")
    campaign_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the campaign")
    customer_id: dt.Int64 = Field(
        ge=0, nullable=True, pseudonym=True, description="the customer as known on batch_date; null if nobody is known of the receipt and the coupon"
    )
    product_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the product")
    evidence: dt.String = Field(isin=[*EVIDENCE, NONE], description="`redeemed`, `clicked`, `sent`; `none` for the day's rest")
    touched_at: Annotated[dt.Timestamp, None, 6, True] = Field(
        nullable=True,
        description="UTC time of the last click before the purchase or, with other evidence, of the campaign's last message; null if none is known",
    )
    lag_hours: dt.Int64 = Field(ge=0, nullable=True, description="whole hours from touched_at to the purchase")
    lines: dt.Int64 = Field(ge=1, description="1, or the number of lines in the day's rest")
    amount_cents: dt.Int64 = Field(ge=0, description="cents paid")

    class Config:
        """One row per line of a receipt that is credited, and one per batch_date for the rest."""

        unique = LINE

    @rule
    def only_the_rest_has_no_campaign(cls, rows: ir.Table) -> ir.BooleanValue:
        """Evidence is none where campaign_id is null, and only there."""
        return (rows.evidence == NONE) == rows.campaign_id.isnull()


@table(
    contract=CampaignPurchases,
    lookback={
        "till_customers": MOST_DAYS_LATE,
        "deliveries": MOST_DAYS_LATE,
        "coupon_redemptions": MOST_DAYS_LATE,
        "customer_members": ALL,
        "sends": RUNNING,
        "page_views": RUNNING,
        "campaign_coupons": RUNNING,
    },
    conserves={"sales_lines": {"amount_cents": "amount_cents"}},
    searches=("till_customers", "deliveries", "coupon_redemptions", "sends", "page_views", "campaign_coupons"),
    measure="amount_cents",
)
def campaign_purchases(
    days: ir.Table,
    sales_lines: ir.Table,
    till_customers: ir.Table,
    deliveries: ir.Table,
    customer_members: ir.Table,
    sends: ir.Table,
    page_views: ir.Table,
    coupon_redemptions: ir.Table,
    campaign_coupons: ir.Table,
) -> ir.Table:
    """Lines credited to campaigns. Grain: one row per batch_date, sold_on, store_id, receipt_id and line_no, and one with nulls for the day's rest."""
    lines = with_customers(days, sales_lines, till_customers, deliveries, customer_members)
    contacts = contacts_of(days, customer_members)
    touched = _touched(lines, contacts, touches(sends, page_views), campaign_coupons)
    redeemed = redeemed_lines(lines, contacts, coupon_redemptions, campaign_coupons)
    credited = _credited(lines, touched, redeemed)
    return credited.union(_rest(sales_lines, credited))


def _touched(lines: ir.Table, contacts: ir.Table, touched: ir.Table, campaign_coupons: ir.Table) -> ir.Table:
    """Return each line with each campaign that promotes its product and touched its customer before, and the last times at which it did."""
    promoted = campaign_coupons.select("campaign_id", "product_id", "starts_on", "ends_on", announced_on=_.batch_date).distinct()
    offered = lines.filter(_.customer_id.notnull()).join(promoted, "product_id").filter((_.sold_on >= _.starts_on) & (_.sold_on <= _.ends_on))
    told = offered.join(contacts, ["batch_date", "customer_id"]).join(touched, ["contact_id", "campaign_id"])
    known = told.filter((_.touched_at < _.sold_at) & (_.touched_on <= _.batch_date) & (_.touched_on >= _.announced_on))
    times = {f"{touch}_at": known.touched_at.max(where=known.touch == touch) for touch in (SENT, CLICKED)}
    return known.group_by(*LINE, "campaign_id", "customer_id").agg(**times)


def _credited(lines: ir.Table, touched: ir.Table, redeemed: ir.Table) -> ir.Table:
    """Return the lines that are credited, each with its campaign."""
    keys = [*LINE, "campaign_id"]
    without = touched.anti_join(redeemed, keys)
    by_touch = without.select(
        *keys,
        "customer_id",
        evidence=ibis.ifelse(without.clicked_at.notnull(), CLICKED, SENT),
        touched_at=ibis.coalesce(without.clicked_at, without.sent_at),
    )
    times = touched.select(*keys, "sent_at")
    by_coupon = redeemed.left_join(times, keys).select(*keys, "customer_id", evidence=ibis.literal(REDEEMED), touched_at=_.sent_at)
    strength = ibis.cases(*((_.evidence == evidence, place) for place, evidence in enumerate(EVIDENCE)))
    order = [strength.asc(), _.touched_at.desc(nulls_first=False), _.campaign_id]
    one = by_coupon.union(by_touch).mutate(place=ibis.row_number().over(ibis.window(group_by=LINE, order_by=order))).filter(_.place == 0)
    sold = one.join(lines.select(*LINE, "product_id", "sold_at", "amount_cents"), LINE)
    seconds = sold.sold_at.epoch_seconds().cast("int64") - sold.touched_at.epoch_seconds().cast("int64")
    return sold.mutate(lag_hours=seconds // _SECONDS_OF_AN_HOUR, lines=ibis.literal(1, "int64")).select(*CampaignPurchases.columns())


def _rest(sales_lines: ir.Table, credited: ir.Table) -> ir.Table:
    """Return what is credited to no campaign, in one row a day."""
    left = sales_lines.anti_join(credited, LINE)
    sums = left.group_by("batch_date").agg(lines=_.count(), amount_cents=_.amount_cents.sum().cast("int64"))
    known = CampaignPurchases.arrow_schema()
    nothing = {name: ibis.null(credited.schema()[name]) for name in known.names if name not in sums.columns}
    return sums.mutate(**nothing | {"evidence": ibis.literal(NONE)}).select(*known.names)
