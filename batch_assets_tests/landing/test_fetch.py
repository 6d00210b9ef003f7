"""Landing: a day's pages become one file that never changes, or none; what is transient is tried again, and what is not is told in a line."""

import dataclasses
import datetime as dt
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.util import Retry

from batch_assets.__main__ import main
from batch_assets.demo.merchandising import server
from batch_assets.demo.merchandising.server import serve
from batch_assets.errors import DefinitionError, LakeError
from batch_assets.ingest.formats.json_document import JsonDocument
from batch_assets.lake.promotion_plan import promotion_plan
from batch_assets.landing import fetch
from batch_assets.landing.api import Api
from batch_assets.landing.fetch import land, session
from batch_assets.landing.known import api
from batch_assets.landing.promotions import promotions
from batch_assets.settings import settings

DAY = dt.date(2017, 1, 4)
RECORDS = [json.dumps({"promotion_id": f"02-{n}-A", "product_id": n, "stores": 1.50}) for n in range(1, 1201)]


@contextmanager
def offered(records: Callable[[dt.date], list[str]]) -> Iterator[Api]:
    """Give an API that a server offers meanwhile."""
    with serve(records, port=0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield dataclasses.replace(promotions, address=lambda: f"http://127.0.0.1:{running.server_address[1]}/promotions")
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def using(monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
    """A session whose pauses are short."""
    monkeypatch.setattr(fetch, "RETRIES", Retry(total=4, backoff_factor=0.01, status_forcelist=(429, 503), allowed_methods=("GET",)))
    with session() as made:
        yield made


def landed(root: Path, of: Api = promotions) -> dict[str, Any]:
    """Return the document of a day's file."""
    found: dict[str, Any] = json.loads(gzip.decompress(of.path(root, DAY).read_bytes()))
    return found


def files(root: Path) -> list[str]:
    """Return the names of all files in a lake."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_all_pages_of_a_day_become_one_file_with_their_requests(tmp_path: Path, using: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FAILS_EVERY", 2)
    with offered(lambda day: RECORDS if day == DAY else []) as api:
        assert land(api, tmp_path, DAY, using)
        address = api.address()
    with gzip.open(api.path(tmp_path, DAY)) as file:
        texts = [text.decode() for some in JsonDocument("promotions").elements(file) for text in some]  # type: ignore[arg-type]
    assert texts == RECORDS
    told = landed(tmp_path)["landed"]
    assert [page["request"] for page in told["pages"]] == [f"{address}?day=2017-01-04&page={n}" for n in (1, 2, 3)]
    assert len({page["etag"] for page in told["pages"]}) == 1
    assert all(dt.datetime.fromisoformat(page["fetched_at"]) <= dt.datetime.now(dt.UTC) for page in told["pages"])
    assert files(tmp_path) == ["2017-01-04.json.gz"]


def test_a_limit_of_requests_is_waited_for(tmp_path: Path, using: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_A_SECOND", 2)
    with offered(lambda _: RECORDS) as api:
        assert land(api, tmp_path, DAY, using)
    assert len(landed(tmp_path)["promotions"]) == len(RECORDS)


def test_a_day_without_records_is_a_file_without_records(tmp_path: Path, using: requests.Session) -> None:
    with offered(lambda _: []) as api:
        assert land(api, tmp_path, DAY, using)
    assert landed(tmp_path)["promotions"] == []


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path, using: requests.Session) -> None:
    path = promotions.path(tmp_path, DAY)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with offered(lambda _: RECORDS) as api:
        assert not land(api, tmp_path, DAY, using)
    assert path.read_bytes() == b"mine"


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path, using: requests.Session) -> None:
    path = promotions.path(tmp_path, DAY)

    def records(_: dt.date) -> list[str]:
        path.write_bytes(b"another process was faster")
        return RECORDS

    with offered(records) as api, pytest.raises(FileExistsError):
        land(api, tmp_path, DAY, using)
    assert path.read_bytes() == b"another process was faster"
    assert files(tmp_path) == ["2017-01-04.json.gz"]


def test_a_day_that_changes_while_it_is_fetched_is_begun_again(tmp_path: Path, using: requests.Session) -> None:
    asked: list[int] = []

    def records(_: dt.date) -> list[str]:
        asked.append(len(asked))
        return RECORDS if len(asked) < 3 else RECORDS[:700]

    with offered(records) as api:
        assert land(api, tmp_path, DAY, using)
    assert len(landed(tmp_path)["promotions"]) == 700


def test_a_day_that_changes_all_the_time_is_not_landed(tmp_path: Path, using: requests.Session) -> None:
    asked: list[int] = []

    def records(_: dt.date) -> list[str]:
        asked.append(len(asked))
        return RECORDS[: -len(asked)]

    with offered(records) as api, pytest.raises(LakeError, match="it changed 3 times while it was fetched"):
        land(api, tmp_path, DAY, using)
    assert files(tmp_path) == []


def test_a_half_fetched_day_is_never_there(tmp_path: Path, using: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FAILS_EVERY", 1)
    with (
        offered(lambda _: RECORDS) as api,
        pytest.raises(LakeError, match=r"landing promotions of 2017-01-04 from http.*Nothing was landed; run the command again\."),
    ):
        land(api, tmp_path, DAY, using)
    assert files(tmp_path) == []


@pytest.mark.parametrize("record", ['{"a": ', "}", '{"a": 1}, ,'])
def test_an_answer_that_is_not_json_is_told_in_a_line(tmp_path: Path, using: requests.Session, record: str) -> None:
    with offered(lambda _: [record]) as api, pytest.raises(LakeError, match="Nothing was landed") as told:
        land(api, tmp_path, DAY, using)
    assert "\n" not in str(told.value)
    assert files(tmp_path) == []


def test_an_api_that_is_not_there_is_told_in_a_line(tmp_path: Path, using: requests.Session) -> None:
    nowhere = dataclasses.replace(promotions, address=lambda: "http://127.0.0.1:9/promotions")
    with pytest.raises(LakeError, match="Nothing was landed") as told:
        land(nowhere, tmp_path, DAY, using)
    assert "\n" not in str(told.value)


def test_the_command_lands_the_days_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], using: requests.Session
) -> None:
    with offered(lambda _: RECORDS[:3]) as api:
        monkeypatch.setattr(settings, "lake", tmp_path)
        monkeypatch.setattr(settings, "promotions_api", api.address())
        assert land(api, tmp_path, DAY, using)
        assert main(["land", "promotions", "--from", "2017-01-03", "--to", "2017-01-05"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "landed: 2, there already: 1"
    assert files(tmp_path) == [f"2017-01-0{n}.json.gz" for n in (3, 4, 5)]


def test_an_api_that_nobody_knows_is_told() -> None:
    with pytest.raises(DefinitionError, match="there is no API prices"):
        api("batch_assets", "prices")


def test_what_is_landed_is_what_the_source_reads() -> None:
    assert promotions.pattern == promotion_plan.pattern
    assert promotion_plan.format == JsonDocument(promotions.records)
