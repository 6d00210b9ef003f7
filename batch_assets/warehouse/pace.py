"""How long batches take, by the publications that the ledger has: so much for each publication, and so much for each batch of it.

The runs in which they are published take some more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression

from ibis.backends.duckdb import Backend

_LATEST = 50
"""Publications that are looked at: older ones may be of other code, or another machine."""


@dataclass(frozen=True)
class Pace:
    """The seconds that a publication takes, whatever its size, and those of each batch."""

    publication: float
    batch: float

    def seconds(self, publications: int, batches: int) -> float:
        """Return how long publications of so many batches in all are expected to take."""
        return publications * self.publication + batches * self.batch


def pace(con: Backend, asset: str) -> Pace | None:
    """Return the pace of a table's publications; None if the ledger knows of none how long it took."""
    query = """select count(*), sum(seconds) from quality.ledger where asset = ? and seconds is not null
        group by publication order by publication desc limit ?"""
    return _fitted(con.con.execute(query, [asset, _LATEST]).fetchall())


def besides(con: Backend, took: Mapping[str, float]) -> Pace | None:
    """Return what runs take besides their publications, by the seconds that some of them took; None if the ledger knows none of them."""
    query = (
        "select run_id, count(*), sum(seconds) from quality.ledger where run_id in (select unnest(?::varchar[])) group by 1 having count(seconds) = count(*)"
    )
    published = con.con.execute(query, [list(took)]).fetchall()
    return _fitted([(batches, max(took[run_id] - seconds, 0.0)) for run_id, batches, seconds in published])


def _fitted(known: Sequence[tuple[int, float]]) -> Pace | None:
    """Return the pace by the number of batches and the seconds of each that is known, by least squares; None if none is."""
    if not known:
        return None
    if len({batches for batches, _ in known}) > 1:
        batch, publication = linear_regression(*zip(*known, strict=True))
        if publication >= 0 and batch >= 0:
            return Pace(publication, batch)
    return Pace(0.0, sum(seconds for _, seconds in known) / sum(batches for batches, _ in known))
