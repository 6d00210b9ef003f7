"""customer_decisions on a few lines: pairs in one order, and one decision a day about each."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.customer_decisions import customer_decisions

from ..frames import frame, rows_of

DAY = dt.date(2017, 1, 2)


def decided(line: int = 2, **fields: Any) -> dict[str, Any]:
    return {
        "batch_date": DAY, "left_source": "marketing", "left_key": "C100001", "right_source": "till", "right_key": "k1",
        "decision": "same", "decided_by": "A. Clerk", "source_file": "decisions/2017-01-02.csv", "source_line": line,
    } | fields  # fmt: skip


def decisions(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(rows_of(customer_decisions, decision_log=frame("decision_log", lines)), key=lambda row: row["source_line"])


def test_a_pair_has_one_order_however_it_was_written() -> None:
    (row,) = decisions(decided(left_source="till", left_key="k1", right_source="marketing", right_key="C100001"))
    assert [row[name] for name in ("left_source", "left_key", "right_source", "right_key")] == ["marketing", "C100001", "till", "k1"]
    (row,) = decisions(decided(left_key="C100002", right_source="marketing", right_key="C100001"))
    assert (row["left_key"], row["right_key"]) == ("C100001", "C100002")


def test_the_last_line_of_a_day_about_a_pair_holds() -> None:
    swapped = decided(3, left_source="till", left_key="k1", right_source="marketing", right_key="C100001", decision="not same")
    first, last = decisions(decided(), swapped)
    assert first["reject_reason"] == "a later line of the day decides about the same pair"
    assert (last["reject_reason"], last["decision"]) == (None, "not same")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"left_key": " "}, "left_key is missing"),
        ({"decided_by": ""}, "decided_by is missing"),
        ({"right_source": "purchasing"}, "right_source is not logistics, marketing or till"),
        ({"decision": "maybe"}, "decision is not same or not same"),
        ({"right_source": "marketing", "right_key": "C100001"}, "both records are the same one"),
    ],
)
def test_what_is_no_decision_is_rejected(fields: dict[str, Any], reason: str) -> None:
    bad, good = decisions(decided(**fields), decided(3))
    assert (bad["reject_reason"], good["reject_reason"]) == (reason, None)
