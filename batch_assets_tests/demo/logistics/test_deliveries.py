"""Deliveries are of receipts of their day, and every piece of dirt is where the manifest says."""

import gzip
import xml.etree.ElementTree as ET

from batch_assets.demo.logistics.deliveries import NAMESPACES, RATES

from ..conftest import Lake


def test_each_delivery_is_of_a_receipt_of_its_day_but_for_its_dirt(whole_lake: Lake) -> None:
    found = 0
    for day, entries in whole_lake.days().items():
        entry = entries["deliveries"]
        records = list(ET.fromstring(gzip.decompress((whole_lake.path / entry["file"]).read_bytes())))
        assert len(records) == entry["lines"]
        assert entry["dirt"].keys() == RATES.keys()
        dirt = {instance["line"]: kind for kind, instances in entry["dirt"].items() for instance in instances}
        receipts = {line.split(b",")[0].decode() for line in whole_lake.till_lines(day)[1:]}
        for number, record in enumerate(records, 1):
            told, kind = {child.tag.rpartition("}")[2] for child in record.iter()}, dirt.get(number)
            assert ("Street" in told) != (kind == "no_street")
            assert ("Signature" in told) == (kind == "unknown_element")
            assert (kind == "repeated") == (number > 1 and record.get("number") == records[number - 2].get("number"))
            assert str(record.findtext("DeliveredAt", namespaces=NAMESPACES)).endswith("Z") != (kind == "local_time")
            receipt = record.findtext("Receipt", namespaces=NAMESPACES)
            assert receipt is None or receipt in receipts
            found += receipt is not None
    assert found
