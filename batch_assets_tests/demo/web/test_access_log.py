"""The log: visitors who follow a link were sent it before, and every piece of dirt is where the manifest says."""

import gzip
import re

from batch_assets.demo.web.access_log import RATES

from ..conftest import Lake

LINE = re.compile(rb'\S+ - - \[(?P<at>[^\]]+)\] "(?P<asked>[^"]*)" (?P<status>\S+) \d+ "[^"]*" "(?P<agent>[^"]*)" "(?P<cookie>[^"]*)"')


def test_every_piece_of_dirt_is_where_the_manifest_says(lake: Lake) -> None:
    for day, entries in lake.days().items():
        entry = entries["access"]
        lines = gzip.decompress((lake.path / entry["file"]).read_bytes()).splitlines()
        assert len(lines) == entry["lines"]
        assert entry["dirt"].keys() == RATES.keys()
        dirt = {instance["line"]: kind for kind, instances in entry["dirt"].items() for instance in instances}
        for number, line in enumerate(lines, 1):
            found, kind = LINE.fullmatch(line), dirt.get(number)
            assert (found is None) == (kind == "cut_off_line")
            if found:
                assert found["at"].startswith(f"{day:%d/%b/%Y}:".encode()) != (kind == "broken_time")
                assert found["asked"].startswith(b"GET /") != (kind == "no_request")
                assert (found["status"] == b"-") == (kind == "no_status")
                assert (b"\xe4" in found["agent"]) == (kind == "wrong_encoding")


def test_who_follows_a_link_was_sent_it_on_that_day_or_shortly_before(lake: Lake) -> None:
    sent: set[bytes] = set()
    followed = 0
    for _, entries in sorted(lake.days().items()):
        sends = (lake.path / entries["sends"]["file"]).read_bytes()
        sent |= set(re.findall(rb'"send_id": (\d+)', sends))
        links = set(re.findall(rb"utm_content=(\d+)", gzip.decompress((lake.path / entries["access"]["file"]).read_bytes())))
        # A send whose line is broken in its first half has no number to be found.
        assert len(links - sent) <= sum(len(e["sends"]["dirt"]["broken_json"]) for e in lake.days().values())
        followed += len(links)
    assert followed
