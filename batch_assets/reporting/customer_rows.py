"""What is known of one customer as of a day: the rows that `customer.py` prints.

Belongs here: which rows of which table are of a customer. Does not belong here: who a customer is (`marts/customer_members`), and what is
shown of private values (`customer.py`).
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _
from ibis.backends import BaseBackend

from ..errors import BatchError

Row = dict[str, Any]

_MEMBERS = "customer_members"
_RECORD = ["source", "source_key"]
_LINE = ["sold_on", "store_id", "receipt_id", "line_no"]


def latest_day(con: BaseBackend) -> dt.date:
    """Return the last day for which it is known who is whom.

    Raises:
        BatchError: that was never published.
    """
    last = con.table(_MEMBERS, database="marts").batch_date.max().to_pyarrow().as_py() if _MEMBERS in con.list_tables(database="marts") else None
    if last is None:
        raise BatchError("Who is whom is not known yet: materialize marts/customer_members, or run python -m batch_assets up-to-date.")
    return last


def customer_of(con: BaseBackend, asked: str, day: dt.date) -> int:
    """Return the customer of `SOURCE:KEY`, or of a number, as of a day; a number that a customer had before it was merged leads to the one it is now.

    Raises:
        BatchError: there is none.
    """
    members = _as_of(con, "marts", _MEMBERS, day)
    source, _colon, key = asked.rpartition(":")
    if source:
        mine = members.filter((_.source == source) & (_.source_key == key))
    elif key.isdecimal():
        mine = _latest(members, _RECORD).semi_join(members.filter(_.customer_id == int(key)), _RECORD)
        mine = mine.mutate(batch_date=ibis.ifelse(_.customer_id == int(key), ibis.date(9999, 12, 31), _.batch_date))
    else:
        mine = members.limit(0)
    found = mine.order_by(ibis.desc("batch_date"), "customer_id").limit(1).customer_id.to_pyarrow().to_pylist()
    if not found:
        raise BatchError(f"{asked} was nobody by {day}: give a customer_id, or SOURCE:KEY such as marketing:C100001, of a row of marts.{_MEMBERS} until then.")
    return int(found[0])


def known_to_all(con: BaseBackend, day: dt.date) -> int:
    """Return the customer whom most departments know and who redeemed coupons for the most, as of a day.

    Raises:
        BatchError: nobody is known.
    """
    known = _latest(_as_of(con, "marts", _MEMBERS, day), _RECORD).group_by("customer_id").agg(departments=_.source.nunique())
    if "campaign_purchases" in con.list_tables(database="marts"):
        redeemed = _as_of(con, "marts", "campaign_purchases", day).filter(_.evidence == "redeemed")
        known = known.left_join(redeemed.group_by("customer_id").agg(cents=_.amount_cents.sum()), "customer_id").drop("customer_id_right")
    else:
        known = known.mutate(cents=0)
    ranked = known.order_by(ibis.desc("departments"), ibis.desc(known.cents.fill_null(0)), "customer_id")
    found = ranked.limit(1).customer_id.to_pyarrow().to_pylist()
    if not found:
        raise BatchError(f"Nobody was known by {day}: give a later day.")
    return int(found[0])


def _as_of(con: BaseBackend, layer: str, name: str, day: dt.date) -> ir.Table:
    return con.table(name, database=layer).filter(_.batch_date <= day)


def _latest(rows: ir.Table, key: list[str]) -> ir.Table:
    """Return the last row of each key."""
    latest = ibis.row_number().over(ibis.window(group_by=key, order_by=ibis.desc("batch_date")))
    return rows.mutate(place=latest).filter(_.place == 0).drop("place")


@dataclass(frozen=True)
class CustomerRows:
    """What is known of a customer as of a day.

    Attributes:
        con: a connection to the warehouse.
        customer: the customer_id.
        day: only rows until then count.
    """

    con: BaseBackend = field(repr=False)
    customer: int
    day: dt.date

    def _known(self, name: str, layer: str = "marts") -> ir.Table | None:
        """Return the rows of a table until the day; None if it was never published."""
        return _as_of(self.con, layer, name, self.day) if name in self.con.list_tables(database=layer) else None

    @cached_property
    def _members(self) -> ir.Table:
        members = self._known(_MEMBERS)
        assert members is not None
        return _latest(members, _RECORD).filter(_.customer_id == self.customer).select("source", "source_key", since=_.batch_date)

    @cached_property
    def _numbers(self) -> list[int]:
        """The customer's number, and those that its records had before."""
        members = self._known(_MEMBERS)
        assert members is not None
        return sorted(set(members.semi_join(self._members, _RECORD).customer_id.to_pyarrow().to_pylist()))

    def records(self) -> list[Row]:
        """Return the records, each as it was last."""
        records = self._known("customer_records")
        assert records is not None
        return _rows(_latest(records, _RECORD).join(self._members, _RECORD).order_by("source", "since", "source_key"))

    def links(self) -> list[Row]:
        """Return the links of its records with each other, and those that a person should look at; those between departments first, then the likeliest."""
        links = self._known("customer_links")
        if links is None:
            return []
        last = _latest(links, ["left_source", "left_key", "right_source", "right_key"])
        left, right = (
            self._members.select(**{f"{side}_source": _.source, f"{side}_key": _.source_key}, **{f"is_{side}": ibis.literal(value=True)})
            for side in ("left", "right")
        )
        sided = last.left_join(left, ["left_source", "left_key"]).drop("left_source_right", "left_key_right")
        both = sided.left_join(right, ["right_source", "right_key"]).drop("right_source_right", "right_key_right")
        mine = both.filter((_.is_left & _.is_right) | ((_.is_left | _.is_right) & (_.status == "review")))
        return _rows(mine.order_by(mine.left_source == mine.right_source, ibis.desc("match_weight"), "left_source", "left_key", "right_source", "right_key"))

    def purchases(self) -> list[Row]:
        """Return the lines of the receipts on which its name was typed, the last first, with the product's category and type."""
        typed, sales, products = self._known("till_customers"), self._known("sales_lines"), self._known("products")
        if typed is None or sales is None or products is None:
            return []
        keys = self._members.filter(_.source == "till").select(till_key=_.source_key)
        receipts = typed.semi_join(keys, "till_key").select("sold_on", "store_id", "receipt_id").distinct()
        lines = sales.join(receipts, ["sold_on", "store_id", "receipt_id"]).select("batch_date", *_LINE, "product_id", "quantity", "amount_cents")
        told = _latest(products, ["product_id"]).select("product_id", "category", "product_type")
        return _rows(lines.left_join(told, "product_id").drop("product_id_right").order_by(ibis.desc("sold_on"), *_LINE[1:]))

    def campaigns(self) -> list[Row]:
        """Return what each campaign sent it, which links it followed and coupons it redeemed by its contact, and what is credited by evidence."""
        counts: dict[int, Row] = {}
        contacts = self._members.filter(_.source == "marketing").source_key.to_pyarrow().to_pylist()
        for name, told in {"sends": "sent", "page_views": "clicked", "coupon_redemptions": "redeemed"}.items():
            if (rows := self._known(name)) is not None:
                mine = rows.filter(_.contact_id.isin(contacts) & _.campaign_id.notnull()).group_by("campaign_id").agg(count=_.count())
                for row in _rows(mine):
                    counts.setdefault(row["campaign_id"], {})[told] = row["count"]
        if (credited := self._known("campaign_purchases")) is not None:
            mine = credited.filter(_.customer_id.isin(self._numbers)).group_by("campaign_id", "evidence")
            for row in _rows(mine.agg(lines=_.count(), amount_cents=_.amount_cents.sum()).order_by("campaign_id", "evidence")):
                counts.setdefault(row["campaign_id"], {}).setdefault("credited", []).append(row)
        return [{"campaign_id": campaign} | counts[campaign] for campaign in sorted(counts)]

    def recommendations(self) -> list[Row]:
        """Return its last recommendations; nothing for one who bought nothing lately that is known to be its purchase."""
        offered = self._known("product_recommendations", "predictions")
        if offered is None:
            return []
        last = offered.filter((_.batch_date == offered.batch_date.max()) & (_.customer_id == self.customer))
        return _rows(last.order_by(ibis.desc("list"), "rank"))


def _rows(table: ir.Table) -> list[Row]:
    return table.to_pyarrow().to_pylist()
