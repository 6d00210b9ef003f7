"""How long batches take, by the publications that the ledger has: so much for each publication, and so much for each batch of it."""

from dataclasses import dataclass

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
    """Return the pace of a table's publications, by least squares; None if the ledger knows of none how long it took."""
    query = """with sizes as (
            select count(*) as batches, sum(seconds) as seconds from quality.ledger where asset = ? and seconds is not null
            group by publication order by publication desc limit ?)
        select regr_intercept(seconds, batches), regr_slope(seconds, batches), sum(seconds) / sum(batches) from sizes"""
    ((publication, batch, mean),) = con.con.execute(query, [asset, _LATEST]).fetchall()
    if mean is None:
        return None
    is_line = publication is not None and batch is not None and publication >= 0 and batch >= 0
    return Pace(publication, batch) if is_line else Pace(0.0, mean)
