"""The list of breakages is of lines that are there: a line that was rewritten takes its breakage with it."""

import pytest

from .mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_breakage_is_of_a_line_that_is_there_and_names_tests_that_are(mutant: Mutant) -> None:
    assert (ROOT / "batch_assets" / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert all((ROOT / "batch_assets_tests" / test).exists() for test in mutant.tests)


def test_no_two_breakages_have_one_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
