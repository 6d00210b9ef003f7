"""Decisions are about contacts who share a mail box, on the open day after the second of them told it, and every piece of dirt is where the manifest says."""

import json

from batch_assets.demo.marketing.campaigns import load_campaigns
from batch_assets.demo.marketing.contacts import Contacts
from batch_assets.demo.marketing.decisions import COLUMNS, RATES, Decisions
from batch_assets.demo.source import load

HOUSEHOLDS = 2469


def test_a_clerk_decides_about_contacts_who_share_a_mail_box() -> None:
    source = load(HOUSEHOLDS)
    first = source.calendar[0]
    contacts = Contacts(source, load_campaigns(source), first, 0)
    clean, dirty = Decisions(contacts, 0), [Decisions(contacts, 1), Decisions(contacts, 4)]
    known: dict[str, str] = {}
    pairs, kinds = 0, set[str]()
    for day in source.calendar:
        lines = clean.file(day)[0].decode().splitlines()
        assert lines[0] == ",".join(COLUMNS)
        for line in lines[1:]:
            left_source, left, right_source, right, decision, _clerk = line.split(",")
            assert (left_source, right_source, decision) == ("marketing", "marketing", "not same")
            assert left != right
            assert known[left] == known[right]
            pairs += 1
        known |= {contact["contact_id"]: contact["email"] for contact in json.loads(contacts.file(day)[0])["contacts"]}
        for text, entry in (some.file(day) for some in dirty):
            rows = [line.split(",") for line in text.decode().splitlines()]
            kinds |= {kind for kind, found in entry["dirt"].items() if found}
            assert all(rows[found["line"] - 1][4] == "maybe" for found in entry["dirt"]["undecided"])
            assert all(rows[found["line"] - 1][0] == "purchasing" for found in entry["dirt"]["unknown_department"])
    assert pairs > 5
    assert kinds == set(RATES)
