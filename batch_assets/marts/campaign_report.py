"""What has become of each running campaign so far: whom it reached, who clicked, who bought what, and for how much, by evidence.

A campaign is in the report from its first day until lines of its last day can no longer arrive; the last row is its final one. A row without a product
is of the campaign as a whole. What is credited to a campaign was not caused by it: see `campaign_purchases`.
"""

import datetime
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.chart import Bars
from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._campaigns.touches import CLICKED, SENT, touches
from ._receipts import contacts_of
from .campaign_purchases import EVIDENCE, REDEEMED, RUNNING
from .till_lines import MOST_DAYS_LATE

_KEYS = ("batch_date", "campaign_id")


class CampaignReport(Contract):
    """Running campaigns and the products that were credited to them."""

    batch_date: dt.Date = Field(description="day as of which this is known")
    campaign_id: dt.Int64 = Field(gt=0, description="number of the campaign")
    product_id: dt.Int64 = Field(gt=0, nullable=True, description="number of a product; null for the campaign as a whole")
    ends_on: dt.Date = Field(description="last day of the campaign")
    reached: dt.Int64 = Field(ge=0, description="customers to whom a message of the campaign was sent, the same on all rows of the campaign")
    clicked: dt.Int64 = Field(ge=0, description="customers who clicked on a link of the campaign, the same on all its rows")
    coupons: dt.Int64 = Field(ge=0, description="coupons of the campaign that were cleared, the same on all its rows")
    bought: dt.Int64 = Field(ge=0, description="customers with a credited line, each as known on the day of its arrival")
    redeemed: dt.Int64 = Field(ge=0, description="receipts with a line that is credited because a coupon was redeemed")
    lines: dt.Int64 = Field(ge=0, description="credited lines")
    redeemed_cents: dt.Int64 = Field(ge=0, description="cents paid for lines credited because a coupon was redeemed")
    clicked_cents: dt.Int64 = Field(ge=0, description="cents paid for lines credited because of a click")
    sent_cents: dt.Int64 = Field(ge=0, description="cents paid for lines credited because of a message")

    class Config:
        """One row per batch_date, campaign and product, and one per batch_date and campaign."""

        unique = [*_KEYS, "product_id"]


def campaigns_so_far(day: datetime.date, campaign_report: ir.Table) -> Bars:
    """Describe a chart of the running campaigns: dollars that are credited per customer reached, so that small ones and large ones compare."""
    rows = campaign_report.filter((_.batch_date == day) & _.product_id.isnull()).order_by("campaign_id").to_pyarrow().to_pylist()
    series = {evidence: [row[f"{evidence}_cents"] / 100 / max(row["reached"], 1) for row in rows] for evidence in EVIDENCE}
    return Bars(f"Dollars credited per customer reached, by evidence: campaigns on {day}", [f"campaign {row['campaign_id']}" for row in rows], series)


@table(
    contract=CampaignReport,
    lookback={
        "campaign_purchases": RUNNING,
        "campaign_coupons": RUNNING,
        "coupon_redemptions": RUNNING,
        "sends": RUNNING,
        "page_views": RUNNING,
        "customer_members": ALL,
    },
    show=campaigns_so_far,
)
def campaign_report(
    days: ir.Table,
    campaign_purchases: ir.Table,
    campaign_coupons: ir.Table,
    coupon_redemptions: ir.Table,
    sends: ir.Table,
    page_views: ir.Table,
    customer_members: ir.Table,
) -> ir.Table:
    """Running campaigns so far. Grain: one row per batch_date, campaign_id and product_id, and one with a null product for the campaign."""
    running = _running(days, campaign_coupons)
    told = _so_far(running, touches(sends, page_views), "touched_on").join(contacts_of(days, customer_members), ["batch_date", "contact_id"])
    reached = told.group_by(*_KEYS).agg(reached=_.customer_id.nunique(where=_.touch == SENT), clicked=_.customer_id.nunique(where=_.touch == CLICKED))
    cleared = _so_far(running, coupon_redemptions.rename(redeemed_on="batch_date"), "redeemed_on").group_by(*_KEYS).agg(coupons=_.count())
    campaigns = running.left_join(reached, _KEYS).drop("batch_date_right", "campaign_id_right").left_join(cleared, _KEYS)
    lines = _so_far(running, campaign_purchases.rename(arrived_on="batch_date"), "arrived_on")
    nothing = running.select(*_KEYS, product_id=ibis.null("int64"))
    of_campaigns = nothing.left_join(lines.group_by(*_KEYS).agg(**_credited()), _KEYS).drop("batch_date_right", "campaign_id_right")
    of_products = lines.group_by(*_KEYS, "product_id").agg(**_credited())
    credited = of_campaigns.union(of_products.select(*of_campaigns.columns))
    rows = campaigns.drop("batch_date_right", "campaign_id_right").join(credited, _KEYS)
    counts = {name: rows[name].fill_null(0).cast("int64") for name in CampaignReport.columns() if name not in (*_KEYS, "product_id", "ends_on")}
    return rows.select(*_KEYS, "product_id", "ends_on", **counts)


def _running(days: ir.Table, campaign_coupons: ir.Table) -> ir.Table:
    """Return the campaigns of which lines of sale may arrive on each day: batch_date, campaign_id, the day of its announcement, its last day."""
    announced = campaign_coupons.select("campaign_id", "starts_on", "ends_on", announced_on=_.batch_date).distinct()
    latest = days.batch_date - ibis.interval(days=MOST_DAYS_LATE)
    known = days.join(announced, [announced.announced_on <= days.batch_date, announced.starts_on <= days.batch_date, announced.ends_on >= latest])
    return known.group_by(*_KEYS).agg(announced_on=_.announced_on.min(), ends_on=_.ends_on.max())


def _so_far(running: ir.Table, rows: ir.Table, day: str) -> ir.Table:
    """Return the rows of each campaign from its announcement until each day."""
    return running.join(rows, "campaign_id").filter((_[day] >= _.announced_on) & (_[day] <= _.batch_date))


def _credited() -> dict[str, Any]:
    """Return what is counted and added up of credited lines."""
    receipt = ibis.struct({name: _[name] for name in ("sold_on", "store_id", "receipt_id")})
    values = {f"{evidence}_cents": _.amount_cents.sum(where=_.evidence == evidence).cast("int64") for evidence in EVIDENCE}
    return {"bought": _.customer_id.nunique(), "redeemed": receipt.nunique(where=_.evidence == REDEEMED), "lines": _.count(), **values}
