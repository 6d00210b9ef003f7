"""The web server's log: contacts who follow a link in an email, and everybody else.

Belongs here: who requests which pages when, a day's file, and its dirt. Does not belong here: what was sent (`marketing/sends.py`).
"""

import datetime as dt
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from ..dirty import with_dirt
from ..manifest import Entry
from ..marketing.campaigns import Campaigns
from ..marketing.sends import Send, Sends
from ..seeds import generator
from ..source import ZONE, Source

RATES = {"cut_off_line": 0.001, "broken_time": 0.0005, "no_request": 0.0005, "wrong_encoding": 0.0005, "no_status": 0.0002}
"""The kinds of dirt, each with its share of the lines."""

CLICKS, CLICKS_OF_REDEEMERS = 0.08, 0.5
"""The share of emails whose link is followed, and of those to households that redeem a coupon of the campaign."""

WITH_COOKIE = 0.6
"""The share of such visits in which the browser has kept marketing's cookie."""

LATEST = 3
"""A link is followed at most this many days after the email."""

_VISITORS, _MOST_PAGES, _LEVEL = 60, 4, 5
_NETS = ("192.0.2", "198.51.100", "203.0.113")
"""The addresses that are reserved for documentation."""
_AGENTS = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X)", "Mozilla/5.0 (X11; Linux x86_64)")
_PAGES = ("/", "/stores", "/offers", "/recipes?q=caf%C3%A9", "/robots.txt", "/favicon.ico")


@dataclass(frozen=True)
class Request:
    """One request; `second` counts from the begin of the store's day."""

    second: int
    host: str
    address: str
    referrer: str
    agent: str
    cookie: str


class AccessLog:
    """The log of a range of days."""

    pattern = "web/access/{day}.log.gz"

    def __init__(self, source: Source, campaigns: Campaigns, sends: Sends, dirtier: float) -> None:
        """Prepare the log."""
        self._calendar, self._campaigns, self._sends = source.calendar, campaigns, sends
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._redeemers = {(r.household_id, r.campaign_id) for redeemed in campaigns.redemptions.values() for r in redeemed}
        self._offered = {campaign: campaigns.offered(campaign) for campaign in campaigns.all}
        self._products = sorted(set(source.products["product_id"].to_pylist()))[:: max(1, len(source.products) // 1000)]

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; line numbers start at 1."""
        requests = [*(request for _, visit in self._visits(day) for request in visit), *self._others(day)]
        midnight = dt.datetime.combine(day, dt.time.min, ZoneInfo(ZONE))
        clock = midnight.astimezone(dt.UTC)
        lines, entry = with_dirt(
            sorted(requests, key=lambda request: (request.second, request.host, request.address)),
            self._rates,
            generator("access log dirt", day),
            lambda request, kind: _written(request, (clock + dt.timedelta(seconds=request.second)).astimezone(ZoneInfo(ZONE)), kind),
            lambda request: {"second": request.second},
        )
        return gzip.compress(b"".join(line + b"\n" for line in lines), _LEVEL, mtime=0), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return nothing: a request names its contact or the message, if anything, and theirs is known from the contacts."""
        return []

    def _visits(self, day: dt.date) -> Iterator[tuple[int, list[Request]]]:
        """Yield the visits of contacts who follow a link on a day, each with its household."""
        today = self._calendar.index(day)
        for sent_on in self._calendar[max(0, today - LATEST) : today + 1]:
            for send, household in self._sends.of(sent_on):
                chance = np.random.default_rng([send.send_id, 16])
                follows, after, kept = chance.random(), int(chance.integers(LATEST + 1)), chance.random() < WITH_COOKIE
                share = CLICKS_OF_REDEEMERS if (household, send.campaign_id) in self._redeemers else CLICKS
                if send.channel == "email" and follows < share and sent_on + dt.timedelta(days=after) == day:
                    yield household, self._visit(send, household, chance, send.contact_id if kept else None)

    def _visit(self, send: Send, household: int, chance: np.random.Generator, contact: str | None) -> list[Request]:
        """Return the requests of a visit: the page of the campaign, and some of its products."""
        # After an email of 14:00 UTC and before the day's end, in winter as in summer.
        second, products = int(chance.integers(11 * 3600, 22 * 3600)), self._offered[send.campaign_id]
        home = np.random.default_rng([household, 17])
        host, agent = f"{_NETS[home.integers(3)]}.{home.integers(1, 255)}", _AGENTS[home.integers(3)]
        query = f"?utm_source=newsletter&utm_medium=email&utm_campaign={send.campaign_id}&utm_content={send.send_id}"
        pages = [f"/offers/{send.campaign_id}{query}", *(f"/products/{products[chance.integers(len(products))]}" for _ in range(chance.integers(_MOST_PAGES)))]
        return [
            Request(second + 20 * n, host, page, f"https://shop.example/offers/{send.campaign_id}" if n else "-", agent, f"mid={contact}" if contact else "-")
            for n, page in enumerate(pages)
        ]

    def _others(self, day: dt.date) -> list[Request]:
        """Return the requests of everybody else."""
        chance = generator("visitors", day)
        seconds, pages = chance.integers(0, 22 * 3600, _VISITORS).tolist(), chance.integers(1, _MOST_PAGES, _VISITORS).tolist()
        return [
            Request(second + 30 * n, f"{_NETS[visitor % 3]}.{1 + visitor}", self._page(chance), "-", _AGENTS[visitor % len(_AGENTS)], "-")
            for visitor, (second, count) in enumerate(zip(seconds, pages, strict=True))
            for n in range(count)
        ]

    def _page(self, chance: np.random.Generator) -> str:
        is_product, which = chance.random() < 0.5, int(chance.integers(1 << 30))
        return f"/products/{_one(self._products, which)}" if is_product else _one(_PAGES, which)


def _one(choices: Sequence[object], which: int) -> str:
    return str(choices[which % len(choices)])


def _written(request: Request, at: dt.datetime, kind: str) -> bytes:
    """Return a line, with one kind of dirt applied."""
    time = "-" if kind == "broken_time" else f"{at:%d/%b/%Y:%H:%M:%S %z}"
    asked = r"\x16\x03\x01" if kind == "no_request" else f"GET {request.address} HTTP/1.1"
    status = "-" if kind == "no_status" else "400" if kind == "no_request" else "200"
    size = 200 + 37 * len(request.address)
    line = f'{request.host} - - [{time}] "{asked}" {status} {size} "{request.referrer}" "{request.agent}" "{request.cookie}"'.encode()
    match kind:
        case "cut_off_line":
            return line[: len(line) // 2]
        case "wrong_encoding":
            return line.replace(b"Mozilla", b"Mozill\xe4")
        case _:
            return line
