"""Names in the ways in which people type them."""

import ibis
import pytest

from batch_assets.expressions.names import bare, family_name, given_name


def parts(name: str | None) -> tuple[str | None, str | None]:
    text = ibis.literal(name, "string")
    row = ibis.duckdb.connect().to_pyarrow(ibis.memtable({"n": [1]}).select(given=given_name(text), family=family_name(text))).to_pylist()[0]
    return row["given"], row["family"]


@pytest.mark.parametrize("typed", ["Jane Doe", "JANE DOE", "jane  doe", "Doe, Jane", "doe,jane", " Jane Doe ", "J\u00e1ne Do\u00eb", "Jane Doe."])
def test_a_name_has_one_form(typed: str) -> None:
    assert parts(typed) == ("jane", "doe")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("J. Doe", ("j", "doe")),
        ("Jane D.", ("jane", "d")),
        ("Mary Ann O'Neill", ("mary ann o", "neill")),
        ("de la Cruz, Ana", ("ana", "de la cruz")),
        ("Doe", (None, "doe")),
        ("Doe,", (None, "doe")),
        (", Jane", ("jane", None)),
        (" , ", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_what_is_left_of_a_name(typed: str | None, expected: tuple[str | None, str | None]) -> None:
    assert parts(typed) == expected


def test_an_address_is_bare_of_signs() -> None:
    assert ibis.duckdb.connect().execute(bare(ibis.literal("7, Rue de l'\u00c9glise - Apt. 3"))) == "7 rue de l eglise apt 3"
