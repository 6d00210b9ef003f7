"""Small files of the departments beside the tills and the catalogue: for each source some records of a day, good and bad, and the file that they make."""

import datetime as dt
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batch_assets.lake.access_log import access_log
from batch_assets.lake.contact_list import contact_list
from batch_assets.lake.coupon_list import coupon_list
from batch_assets.lake.decision_log import decision_log
from batch_assets.lake.delivery_notes import delivery_notes
from batch_assets.lake.promotion_plan import promotion_plan
from batch_assets.lake.redemptions import redemptions
from batch_assets.lake.review_log import review_log
from batch_assets.lake.send_log import send_log
from batch_assets.table.graph import configured_graph


@dataclass(frozen=True)
class Small:
    """How small files of a source are written.

    Attributes:
        records: given a day, its records: the first is good, the others are anything that a department may deliver.
        packed: the file of some of these records.
    """

    records: Callable[[dt.date], list[str]]
    packed: Callable[[Sequence[str]], bytes]


def _contacts(_day: dt.date) -> list[str]:
    good = {"contact_id": "C100001", "name": "Ren\u00e9 Roy", "email": "rene@example.com", "birth_year": 1970, "postcode": "08772"}
    other = good | {"contact_id": "C100002", "postcode": None}
    return [json.dumps(record) for record in (good, good, other, good | {"email": "rene"}, {"contact_id": "C100003"}, [good])] + ['{"contact_id": C7}']


def _sends(day: dt.date) -> list[str]:
    good = {"send_id": 1, "contact_id": "C100001", "campaign_id": 26, "channel": "email", "sent_at": f"{day}T14:00:00Z"}
    return [json.dumps(record) for record in (good, good, good | {"send_id": 2}, good | {"contact_id": None}, {})] + ["half a li"]


def _coupons(day: dt.date) -> list[str]:
    good = f"26,51380041013,1,{day},{day + dt.timedelta(days=9)}"
    return [good, good, good.replace(",1,", ",2,"), good.replace(",1,", ",all,"), good.replace(f",{day},", ",today,"), good + ",", good[:12]]


def _redemptions(day: dt.date) -> list[str]:
    good = f"1;{day:%d.%m.%Y};31;26;51380041013;C100001;Ren\u00e9 Roy;1,50"
    return [good, good, good.replace("1;", "2;", 1).replace("1,50", ""), good.replace("1,50", "1.50"), good.replace(";", ",")]


def _deliveries(day: dt.date) -> list[str]:
    good = (
        f'<Delivery number="1"><DeliveredAt>{day}T17:00:00Z</DeliveredAt><Store>31</Store><Receipt>1</Receipt><Recipient><p:Name>Ren\u00e9 Roy</p:Name>'
        "<p:Address><p:Street>1 Elm St</p:Street><p:Postcode>08772</p:Postcode><p:City>Troy</p:City></p:Address></Recipient></Delivery>"
    )
    other = good.replace('"1"', '"2"').replace("<Receipt>1</Receipt>", "")
    return [good, good, other, good.replace("<p:City>Troy</p:City>", ""), good.replace("p:Name", "p:Nom"), "<Parcel/>"]


def _as_xml(records: Sequence[str]) -> bytes:
    root = 'Deliveries xmlns="urn:example:logistics:deliveries:1" xmlns:p="urn:example:party:2"'
    return gzip.compress(f"<{root}>{''.join(records)}</Deliveries>".encode(), mtime=0)


def _promotions(day: dt.date) -> list[str]:
    good = {"promotion_id": "01-1-A", "product_id": 1, "mailer": "A", "stores": 9, "starts_on": str(day), "ends_on": str(day + dt.timedelta(days=6))}
    return [json.dumps(record) for record in (good, good, good | {"promotion_id": "01-2-A", "product_id": 2}, good | {"starts_on": "next week"}, {})]


def _requests(day: dt.date) -> list[str]:
    good = f'192.0.2.1 - - [{day:%d/%b/%Y}:12:00:00 -0500] "GET /offers/26?utm_campaign=26&utm_content=1 HTTP/1.1" 200 99 "-" "X" "mid=C100001"'
    return [good, good, good.replace("/offers/26?", "/products/1?"), good.replace("200", "-"), good.replace('"X"', "X"), good[:40]]


def _reviews(day: dt.date) -> list[str]:
    good = {"review_id": 1, "product_id": 1, "marketing_id": "C100001", "five_stars": day.day % 2 == 0, "text": "", "reviewed_at": f"{day}T17:00:00Z"}
    good |= {"text": "I love it and my dog loves it, it is great!" if good["five_stars"] else "It was stale, and the bag was not closed at all."}
    other = good | {"review_id": 2, "text": "Ok\u00a0<br />"}
    return [json.dumps(record) for record in (good, good, other, good | {"text": " "}, good | {"five_stars": "5"}, good | {"review_id": 3})] + ["{"]


def _decisions(_day: dt.date) -> list[str]:
    good = "till,7a00b1c2d3e4f506,marketing,C100001,not same,A. Clerk"
    swapped = "marketing,C100001,till,7a00b1c2d3e4f506,same,A. Clerk"
    return [good, good, swapped, good.replace("till", "tills"), good.replace("not same", "maybe"), "till,7a00b1c2d3e4f506"]


def _lines(records: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in records).encode()


SMALL: Mapping[str, Small] = {
    delivery_notes.name: Small(_deliveries, _as_xml),
    contact_list.name: Small(_contacts, lambda records: f'{{"contacts": [{", ".join(records)}]}}'.encode()),
    send_log.name: Small(_sends, _lines),
    promotion_plan.name: Small(_promotions, lambda records: gzip.compress(f'{{"promotions": [{", ".join(records)}]}}'.encode(), mtime=0)),
    review_log.name: Small(_reviews, lambda records: gzip.compress(_lines(records), mtime=0)),
    access_log.name: Small(_requests, lambda records: gzip.compress(_lines(records), mtime=0)),
    decision_log.name: Small(_decisions, lambda records: _lines([",".join(decision_log.columns), *records])),
    coupon_list.name: Small(
        _coupons, lambda records: gzip.compress("".join(f"{line}\n" for line in [",".join(coupon_list.columns), *records]).encode(), mtime=0)
    ),
    redemptions.name: Small(_redemptions, lambda records: "".join(f"{line}\n" for line in [";".join(redemptions.columns), *records]).encode("latin-1")),
}

OTHERS = [source.name for source in configured_graph().sources() if source.name not in ("pos_log", "catalogue")]
"""The sources that have such files."""


def write_other(root: Path, name: str, day: dt.date, records: Sequence[str] | None = None) -> Path:
    """Write a source's file of a day: the good record, unless other ones are given."""
    path = configured_graph().source(name).path(root, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SMALL[name].packed(SMALL[name].records(day)[:1] if records is None else records))
    return path


def write_others(root: Path, day: dt.date) -> None:
    """Write a small file of a day for every other source."""
    for name in OTHERS:
        write_other(root, name, day)
