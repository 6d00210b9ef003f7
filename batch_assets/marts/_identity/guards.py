"""What becomes of a compared pair: a link, a question to a person, or nothing. Two people must not become one because a name fits both.

Belongs here: the thresholds, and the cases in which a weight alone says too much or too little. Does not belong here: weights
(`comparison.py`), and what a person decides (`customer_decisions.py`).
"""

import datetime
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from .comparison import ENOUGH, NAMES, SHORTENED

LINKED, REVIEW = "linked", "review"

LINKED_FROM = 6.0
"""The weight from which on two records are of one customer: a probability of .985."""

ALONE_FROM = 0.0
"""The weight from which on a name is enough, without a postcode, if nobody else has it."""


def _slips(one: Any, other: Any) -> Any:
    """Return how many letters differ or are swapped; an engine has this under the name that is given below."""


_apart: Any = ibis.udf.scalar.builtin(_slips, name="damerau_levenshtein", signature=(("string", "string"), "int64"))


def judged(pairs: ir.Table, records: ir.Table, asked: Sequence[datetime.date]) -> ir.Table:
    """Return the pairs of the asked days that are linked or need a decision, with batch_date, status and why, left before right."""
    dated = pairs.mutate(batch_date=ibis.greatest(_.batch_date_l, _.batch_date_r)).filter(_.batch_date.isin(asked)).drop("batch_date_l", "batch_date_r")
    several = _fits_several(dated, records)
    namesakes = _namesakes(dated, records)
    pair = ["id_l", "id_r"]
    met = dated.left_join(several, pair).drop("id_l_right", "id_r_right").left_join(namesakes, pair).drop("id_l_right", "id_r_right")
    heavy, whole_name = _.match_weight >= LINKED_FROM, _.gamma_name == len(NAMES) - 1
    return met.mutate(
        status=ibis.cases(
            (heavy & ~_is_one_of(ENOUGH), REVIEW),
            (heavy & _.others.notnull(), REVIEW),
            (heavy, LINKED),
            (whole_name & (_.gamma_postcode < 0) & (_.places == 1) & (_.match_weight >= ALONE_FROM), LINKED),
            else_=REVIEW,
        ),
        why=ibis.cases(
            (heavy & ~_is_one_of(ENOUGH), "the given names differ"),
            (heavy & _.others.notnull(), "the shorter name fits several people of the postcode"),
            (heavy, "the weight"),
            (whole_name & (_.gamma_postcode < 0) & (_.places == 1), "nobody else of this name is known"),
            (whole_name & (_.gamma_postcode < 0), "several people of this name are known"),
            else_="the weight is low",
        ),
    )


def _is_one_of(levels: Sequence[str]) -> ir.BooleanValue:
    return _.gamma_name.isin([len(NAMES) - 1 - place for place, level in enumerate(NAMES) if level.name in levels])


def _fits_several(pairs: ir.Table, records: ir.Table) -> ir.Table:
    """Return the pairs with a shortened name that also fits another name of the postcode, known by then, which is not that of the pair."""
    shortened = pairs.filter(_is_one_of(SHORTENED), _.postcode_l == _.postcode_r).select(
        "id_l", "id_r", "batch_date", "given_name_l", "given_name_r", "family_name_l", "family_name_r", postcode=_.postcode_l
    )
    is_left = shortened.given_name_l.length() + shortened.family_name_l.length() > shortened.given_name_r.length() + shortened.family_name_r.length()
    sides = {name: ibis.ifelse(is_left, shortened[f"{part}_l"], shortened[f"{part}_r"]) for name, part in (("given", "given_name"), ("family", "family_name"))}
    short = {
        name: ibis.ifelse(is_left, shortened[f"{part}_r"], shortened[f"{part}_l"])
        for name, part in (("short_given", "given_name"), ("short_family", "family_name"))
    }
    asked = shortened.mutate(**sides, **short)
    other = records.select("given_name", "family_name", "postcode", known_from=_.batch_date, known_until=_.valid_until)
    beside = asked.join(other, ["postcode", other.known_from <= asked.batch_date, other.known_until > asked.batch_date])
    fits = beside.filter(
        beside.given_name.startswith(beside.short_given) & beside.family_name.startswith(beside.short_family),
        beside.given_name.length() > beside.short_given.length(),
        _apart(beside.given_name, beside.given) > 1,
        _letters(beside.given_name) != _letters(beside.given),
        ~beside.given_name.startswith(beside.given),
        ~beside.given.startswith(beside.given_name),
    )
    return fits.group_by("id_l", "id_r").agg(others=_.count())


def _letters(name: ir.StringValue) -> ir.StringValue:
    """Return the letters of a name in order, which are the same if some of them were swapped."""
    return name.split("").sort().join("")


def _namesakes(pairs: ir.Table, records: ir.Table) -> ir.Table:
    """Return, for pairs of a whole name without a postcode, at how many postcodes the name is known by then."""
    named = pairs.filter(_.gamma_name == len(NAMES) - 1, _.gamma_postcode < 0).select(
        "id_l", "id_r", "batch_date", given_name=_.given_name_l, family_name=_.family_name_l
    )
    known = records.filter(_.postcode.notnull()).select("given_name", "family_name", "postcode", known_from=_.batch_date, known_until=_.valid_until)
    beside = named.join(known, ["given_name", "family_name", known.known_from <= named.batch_date, known.known_until > named.batch_date])
    return beside.group_by("id_l", "id_r").agg(places=_.postcode.nunique())
