"""How two records are compared: in what they agree, and how much that says, as a model of Fellegi and Sunter that splink evaluates.

Each level has two probabilities: that two records of one person agree like this (m), and that two of different people do (u). The weight
of a level is log2(m / u), and weights add up. The probabilities are stated here and not estimated from a lake: what a customer is must not
change with every batch, and whoever reads a link can count its weight. They are those of a grocer's customers who live near its
stores; `docs/decisions.md` says where they come from, and the benchmark `identity` how good they are.

Reference: Fellegi and Sunter (1969), A theory for record linkage. Library: splink.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

SAME = "the same"

CHANCE = 1 / 2500
"""The probability that two records, taken at random, are of one person."""

_SPELLED_OUT = "length(given_name_l) > 1 and length(given_name_r) > 1"
_SLIPS = "damerau_levenshtein({0}_l, {0}_r)"
_WHOLE = "given_name_{0} || family_name_{0}"
_BEGINS = "(starts_with({0}_l, {0}_r) or starts_with({0}_r, {0}_l))"


@dataclass(frozen=True)
class Level:
    """A way in which two records agree.

    Attributes:
        name: what a person calls it.
        holds: the condition, in SQL, on the columns of both records.
        m: how likely it is of two records of one person; None if it says nothing, since something is not known.
        u: how likely it is of two records of different people.
    """

    name: str
    holds: str
    m: float | None = None
    u: float | None = None


NAMES = (
    Level(SAME, f"given_name_l = given_name_r and family_name_l = family_name_r and {_SPELLED_OUT} and length(family_name_l) > 1", 0.40, 1e-4),
    Level(
        "one slip",
        f"damerau_levenshtein({_WHOLE.format('l')}, {_WHOLE.format('r')}) <= 1 and length({_WHOLE.format('l')}) >= 6 and {_SPELLED_OUT}",
        0.30,
        1.5e-4,
    ),
    Level(
        "shortened",
        f"(family_name_l = family_name_r and length(family_name_l) > 1 and {_BEGINS.format('given_name')})"
        f" or (given_name_l = given_name_r and length(given_name_l) > 1 and {_BEGINS.format('family_name')})",
        0.22,
        2e-4,
    ),
    Level("a slip in each", f"{_SLIPS.format('given_name')} <= 1 and {_SLIPS.format('family_name')} <= 1 and {_SPELLED_OUT}", 0.05, 1e-4),
    Level("same initial", "family_name_l = family_name_r and left(given_name_l, 1) = left(given_name_r, 1)", 0.02, 2e-4),
    Level("family name", "family_name_l = family_name_r", 0.005, 2e-3),
    Level("another", "ELSE", 0.005, 0.9974),
)
"""How the names of two records agree, most alike first."""

ENOUGH = ("the same", "one slip", "shortened", "a slip in each")
"""The levels of names by which two records may be of one person: people of one household share all but their given names."""

SHORTENED = ("shortened",)
"""The levels of names that may fit several people."""


@dataclass(frozen=True)
class Comparison:
    """A property in which records are compared."""

    name: str
    levels: tuple[Level, ...]

    def gammas(self) -> dict[str, int]:
        """Return the numbers that splink gives the levels that say something, by their names: the higher, the more alike; -1 is unknown."""
        known = [level.name for level in self.levels if level.m is not None]
        return {name: len(known) - 1 - place for place, name in enumerate(known)}


def _alike(name: str, m: float, u: float, *, shared: bool = False, condition: str | None = None) -> Comparison:
    """Return the comparison of a property that is the same or not. A value that several people `shared` says nothing from then on."""
    unknown = f"{name}_l is null or {name}_r is null"
    if shared:
        unknown += f" or greatest(batch_date_l, batch_date_r) >= {name}_shared_from_l"
    levels = (Level("unknown", unknown), Level(SAME, condition or f"{name}_l = {name}_r", m, u), Level("another", "ELSE", 1 - m, 1 - u))
    return Comparison(name, levels)


NAME = Comparison("name", (Level("unknown", "given_name_l is null or given_name_r is null or family_name_l is null or family_name_r is null"), *NAMES))

COMPARISONS = (
    NAME,
    _alike("postcode", 0.95, 0.001),
    _alike("phone", 0.97, 0.0005, shared=True),
    _alike("street", 0.97, 0.0003, condition="street_l = street_r and postcode_l = postcode_r"),
    _alike("email", 0.80, 0.0001, shared=True),
    _alike("birth_year", 0.99, 0.014),
)

SHARED = ("phone", "email")
"""The properties of which some values are no person's own: a switchboard, a mail box of a shop."""

BLOCKED_BY = (("postcode",), *((name,) for name in SHARED), ("given_name", "family_name"))
"""The properties of which two compared records share all of one row, at least."""

_ASKED = "(l.is_new or r.is_new) and l.batch_date < r.valid_until and r.batch_date < l.valid_until and l.record <> r.record"
"""Of every pair, one version is of an asked day, and the two are in force together."""

_BLOCKS = (
    "l.postcode = r.postcode and substr(l.family_name, 1, 3) = substr(r.family_name, 1, 3)",
    "l.postcode = r.postcode and substr(l.given_name || l.family_name, 1, 3) = substr(r.given_name || r.family_name, 1, 3)",
    *(f"l.{name} = r.{name} and greatest(l.batch_date, r.batch_date) < l.{name}_shared_from" for name in SHARED),
    "l.given_name = r.given_name and l.family_name = r.family_name and (l.postcode is null or r.postcode is null)",
)
"""The pairs that are compared at all."""


def compared(records: pa.Table, least: float) -> pa.Table:
    """Return the pairs of records that may be of one person.

    Args:
        records: id, record (of which it is a version), batch_date, valid_until, is_new, the properties, and, of those in `SHARED`,
            the day from which each value is shared.
        least: the weight below which a pair is left out.

    Returns:
        id_l, id_r, match_weight and match_probability; for each comparison gamma_NAME, the number of the level that holds, as `gammas` has
        it, and mw_NAME, its weight. One row per pair of which one is new and which were both valid on a day.
    """
    from splink import DuckDBAPI, Linker

    engine = DuckDBAPI()
    linker = Linker([engine.register(records)], _settings(), log_level=None)
    found: Any = linker.inference.predict(threshold_match_weight=least)
    pairs: pa.Table = found.as_pyarrow_table()
    return pairs


def _settings() -> dict[str, Any]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "id",
        "comparisons": [
            {"output_column_name": comparison.name, "comparison_levels": [_level(level) for level in comparison.levels]} for comparison in COMPARISONS
        ],
        "blocking_rules_to_generate_predictions": [f"{block} and {_ASKED}" for block in _BLOCKS],
        "probability_two_random_records_match": CHANCE,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
    }


def _level(level: Level) -> dict[str, Any]:
    told = {"sql_condition": level.holds, "label_for_charts": level.name}
    return told | ({"is_null_level": True} if level.m is None else {"m_probability": level.m, "u_probability": level.u})
