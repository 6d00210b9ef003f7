"""On which receipt a coupon was redeemed: the clearing house names the store and the day, and the contact or a name, but no receipt.

Of the receipts of that store and day with a product of the coupon, the one that agrees best is taken:
the receipt of the contact's customer; else the only one with the name on the coupon; else the only one that does not contradict the
coupon, since nobody is known of the receipt or nobody is named on the coupon. If several agree alike, the coupon is on none of them: it
counts as redeemed, and no line is credited for it.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from ...expressions.names import family_name, given_name
from .._receipts import LINE, RECEIPT

_BY_CONTACT, _BY_NAME, _BY_EXCLUSION = 3, 2, 1
_COUPON = ["batch_date", "redeemed_on", "voucher_no"]


def redeemed_lines(lines: ir.Table, contacts: ir.Table, coupon_redemptions: ir.Table, campaign_coupons: ir.Table) -> ir.Table:
    """Return the lines with products of a redeemed coupon on its receipt, with the campaign, and the customer whom the coupon or the receipt names.

    Args:
        lines: lines with the customer of their receipt.
        contacts: the contacts' customers as known on each day.
        coupon_redemptions: redeemed coupons.
        campaign_coupons: the coupons' products.
    """
    candidates = _candidates(lines, _named(lines, contacts, coupon_redemptions), campaign_coupons)
    of_coupon = ibis.window(group_by=_COUPON)
    receipts = candidates.group_by(*_COUPON, *RECEIPT, "agreement").agg(discount_cents=_.discount_cents.sum())
    best = receipts.mutate(best=_.agreement.max().over(of_coupon)).filter(_.agreement == _.best)
    certain = best.mutate(alike=_.count().over(of_coupon)).filter((_.alike == 1) | (_.agreement == _BY_CONTACT))
    in_order = ibis.window(group_by=_COUPON, order_by=[ibis.desc("discount_cents"), "receipt_id"])
    chosen = certain.mutate(place=ibis.row_number().over(in_order)).filter(_.place == 0)
    redeemed = candidates.semi_join(chosen, [*_COUPON, *RECEIPT]).mutate(customer_id=ibis.coalesce(_.customer_id, _.holder))
    return redeemed.group_by(*LINE, "campaign_id").agg(customer_id=_.customer_id.min())


def _named(lines: ir.Table, contacts: ir.Table, coupon_redemptions: ir.Table) -> ir.Table:
    """Return the coupons as known on each day on which lines of their day arrived, with the customer who held them."""
    asked = lines.select("batch_date", redeemed_on=_.sold_on).distinct()
    redeemed = coupon_redemptions.select(
        "voucher_no", "store_id", "campaign_id", "coupon_upc", "contact_id", redeemed_on=_.batch_date, given=given_name(_.name), family=family_name(_.name)
    )
    known = asked.join(redeemed, "redeemed_on").left_join(contacts, ["batch_date", "contact_id"])
    return known.drop("batch_date_right", "contact_id_right").rename(holder="customer_id")


def _candidates(lines: ir.Table, coupons: ir.Table, campaign_coupons: ir.Table) -> ir.Table:
    """Return, for each coupon, the lines with its products in its store on its day, and how well their receipt agrees with it."""
    valid = campaign_coupons.select("campaign_id", "coupon_upc", "product_id", "starts_on", "ends_on", announced_on=_.batch_date)
    products = (
        coupons.join(valid, ["campaign_id", "coupon_upc"])
        .filter((_.announced_on <= _.redeemed_on) & (_.redeemed_on >= _.starts_on) & (_.redeemed_on <= _.ends_on))
        .drop("starts_on", "ends_on", "announced_on")
        .distinct()
    )
    found = lines.join(products, [lines.batch_date == products.batch_date, lines.sold_on == products.redeemed_on, "store_id", "product_id"])
    same_family = found.family_name == found.family
    same_given = found.given_name.substr(0, 1).identical_to(found.given.substr(0, 1))
    is_anonymous = found.holder.isnull() & found.family.isnull()
    # Of a receipt that comes late, the others of its day are not seen here, so it cannot be called the only one.
    may_be_only = (found.customer_id.isnull() | is_anonymous) & (found.sold_on == found.batch_date)
    agreement = ibis.cases(
        (found.holder == found.customer_id, _BY_CONTACT),
        (same_family & same_given, _BY_NAME),
        (may_be_only, _BY_EXCLUSION),
        else_=ibis.null("int8"),
    )
    return found.mutate(agreement=agreement).filter(_.agreement.notnull())
