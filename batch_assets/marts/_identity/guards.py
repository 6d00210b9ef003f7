"""What becomes of a compared pair: a link, a question to a person, or nothing. Two people must not become one because a name fits both.

Belongs here: the thresholds, and the cases in which a weight alone says too much or too little. Does not belong here: weights
(`comparison.py`), and what a person decides (`customer_decisions.py`).
"""

import datetime
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis import _

from ...expressions.names import letters, slips
from .comparison import ENOUGH, NAME, SAME, SHORTENED

LINKED, REVIEW = "linked", "review"

LINKED_FROM = 6.0
"""The weight from which on two records are of one customer: a probability of .985."""

LEAST = 0.0
"""The weight below which a pair is nothing, not even a question; from there on a name is enough, without a postcode, if nobody else has it."""

_BY_WEIGHT, _ALONE = "the weight", "nobody else of this name is known"
"""Why a pair is linked; for any other reason it is a question."""

_WHOLE_NAME = NAME.gammas()[SAME]


def judged(pairs: ir.Table, records: ir.Table, asked: Sequence[datetime.date]) -> ir.Table:
    """Return the pairs of the asked days that are linked or need a decision, with batch_date, status and why, left before right."""
    dated = pairs.mutate(batch_date=ibis.greatest(_.batch_date_l, _.batch_date_r)).filter(_.batch_date.isin(asked)).drop("batch_date_l", "batch_date_r")
    several = _fits_several(dated, records)
    namesakes = _namesakes(dated, records)
    pair = ["id_l", "id_r"]
    met = dated.left_join(several, pair).drop("id_l_right", "id_r_right").left_join(namesakes, pair).drop("id_l_right", "id_r_right")
    heavy, no_postcode = _.match_weight >= LINKED_FROM, (_.gamma_name == _WHOLE_NAME) & (_.gamma_postcode < 0)
    told = met.mutate(
        why=ibis.cases(
            (heavy & ~_is_one_of(ENOUGH), "the given names differ"),
            (heavy & _.others.notnull(), "the shorter name fits several people of the postcode"),
            (heavy, _BY_WEIGHT),
            (no_postcode & (_.places == 1), _ALONE),
            (no_postcode, "several people of this name are known"),
            else_="the weight is low",
        )
    )
    return told.mutate(status=ibis.ifelse(told.why.isin([_BY_WEIGHT, _ALONE]), LINKED, REVIEW))


def _is_one_of(levels: Sequence[str]) -> ir.BooleanValue:
    return _.gamma_name.isin([NAME.gammas()[level] for level in levels])


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
        slips(beside.given_name, beside.given) > 1,
        letters(beside.given_name) != letters(beside.given),
        ~beside.given_name.startswith(beside.given),
        ~beside.given.startswith(beside.given_name),
    )
    return fits.group_by("id_l", "id_r").agg(others=_.count())


def _namesakes(pairs: ir.Table, records: ir.Table) -> ir.Table:
    """Return, for pairs of a whole name without a postcode, at how many postcodes the name is known by then."""
    named = pairs.filter(_.gamma_name == _WHOLE_NAME, _.gamma_postcode < 0).select(
        "id_l", "id_r", "batch_date", given_name=_.given_name_l, family_name=_.family_name_l
    )
    known = records.filter(_.postcode.notnull()).select("given_name", "family_name", "postcode", known_from=_.batch_date, known_until=_.valid_until)
    beside = named.join(known, ["given_name", "family_name", known.known_from <= named.batch_date, known.known_until > named.batch_date])
    return beside.group_by("id_l", "id_r").agg(places=_.postcode.nunique())
