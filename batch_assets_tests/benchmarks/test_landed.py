"""A day that is landed without a broker has what is sent, once, whatever it is landed in."""

import gzip
from pathlib import Path

import orjson

from batch_assets.lake.pos_log import pos_log

from ..lake.writer import day_of, noon, till_line, write_till
from .landed import Landing, but_one, sent_on

DAY = day_of(3)


def written(lake: Path) -> None:
    write_till(lake, DAY, [*(till_line(DAY, receipt_id=str(n), sold_at=noon(DAY)) for n in range(1, 12)), "half a li"])


def landed(lake: Path) -> list[str]:
    return [orjson.loads(line)["value"] for file in pos_log.files(lake, DAY) for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_each_event_is_there_as_often_as_was_asked_with_receipts_of_its_own(tmp_path: Path) -> None:
    written(tmp_path)
    sent = sent_on(tmp_path, DAY, 3)
    receipts = [orjson.loads(each.value)["receipt_id"] for each in sent if each.value != b"half a li"]
    assert len(sent) == 36
    assert len(set(receipts)) == 33
    assert [each.at for each in sent] == sorted(each.at for each in sent)


def test_all_is_landed_once_and_what_comes_late_after_it(tmp_path: Path) -> None:
    written(tmp_path)
    sent = sent_on(tmp_path, DAY)
    others, one, row = but_one(sent)
    pos_log.path(tmp_path, DAY).unlink()
    landing = Landing(tmp_path, DAY, others)
    landing.next_minute()
    assert 0 < landing.landed < len(sent)
    landing.all()
    landing.late([one])
    landing.close()
    assert landed(tmp_path) == [each.value.decode() for each in [*others, one]]
    assert sorted(landed(tmp_path)) == sorted(each.value.decode() for each in sent)
    assert orjson.loads(landed(tmp_path)[-1]) == row
