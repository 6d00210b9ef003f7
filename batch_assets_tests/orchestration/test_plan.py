"""The plan is what is then done: what it calls certain is published, and nothing that it does not list."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_assets.__main__ import main
from batch_assets.table.code_version import code_version
from batch_assets.warehouse.plan_lines import told
from batch_assets.warehouse.planned import Step, planned
from batch_assets.warehouse.publication import publish

from ..shop_lake import day_of, write_counts, write_days, write_shelves
from .runs import ledger
from .test_up_to_date import GRAPH, Person, command, person, settled

__all__ = ["person", "settled"]

LENGTH = 6
Batches = set[tuple[str, dt.date]]


def plan(person: Person, days: tuple[dt.date, dt.date] | None = (day_of(0), day_of(LENGTH - 1)), *, restates_past: bool = False) -> list[Step]:
    """Return what is to be done."""
    with person.resource.warehouse.connect() as con:
        return planned(con, GRAPH.in_order(), days, Path(person.resource.lake), restates_past=restates_past)


def publications(person: Person) -> list[tuple[str, dt.date]]:
    """Return every batch that was ever published, in order."""
    with person.resource.warehouse.connect() as con:
        return con.con.execute("select asset, batch_date from quality.ledger order by publication, batch_date").fetchall()


def correct(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Correct a file."""
    write_counts(Path(person.resource.lake), day, {"anna.csv": ["1,77,", "3,5,"], "ben.csv": ["2,1,"]})


def resend(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Send a file again that says the same in other bytes."""
    folder = Path(person.resource.lake) / "counts" / str(day)
    lines = (folder / "anna.csv").read_text().splitlines()
    (folder / "anna.csv").write_text("".join(f"{line}\r\n" for line in lines))


def rename(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Change what is known of a shelf."""
    write_shelves(Path(person.resource.lake), day, [(1, "coffee")])


def lose(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Drop a table by hand."""
    with person.resource.warehouse.connect() as con:
        con.con.execute("drop table features.recent_counts")


def revert(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Correct a file, publish the mart alone, and take the correction back."""
    folder = Path(person.resource.lake) / "counts" / str(day)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    correct(person, patch, day)
    publish(GRAPH.table("shelf_counts"), person.resource.warehouse, [day], "run")
    for path, content in before.items():
        path.write_bytes(content)


def recode(person: Person, patch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Change the code of a table, so that it makes the same as before."""

    def changed(*names: str, libraries: tuple[str, ...]) -> str:
        return code_version(*names, libraries=libraries) + "new" * names[0].endswith("kind_counts")

    patch.setattr("batch_assets.table.table.code_version", changed)


CHANGES: list[Callable[[Person, pytest.MonkeyPatch, dt.date], None]] = [correct, resend, rename, lose, revert, recode]


def check(person: Person, *, restates_past: bool) -> None:
    """Bring all up to date: it is what was planned, and then there is nothing left to plan."""
    before = publications(person)
    steps = plan(person, restates_past=restates_past)
    standing: Batches = {(step.table.asset, day) for step in steps for day in step.stands}
    assert publications(person) == before, "looking changes nothing"
    certain: Batches = {(step.table.asset, day) for step in steps for day in step.certain}
    listed: Batches = certain | {(step.table.asset, day) for step in steps for day in step.may_follow}
    assert len(listed) + len(standing) == sum(len(step.certain) + len(step.may_follow) + len(step.stands) for step in steps), "each has one place"
    count = person.updates(0, LENGTH - 1, restates_past=restates_past)
    done = publications(person)[len(before) :]
    assert count == len(done) == len(set(done)), "nothing is published twice"
    assert certain <= set(done) <= listed
    assert bool(listed) == bool(done)
    assert not standing & set(done)
    left = plan(person), plan(person, None)
    assert not any(step.days for steps in left for step in steps)
    assert all(step.stands for steps in left for step in steps)
    if restates_past:
        assert left == ([], [])
    else:
        assert {(step.table.asset, day) for step in left[0] for day in step.stands} <= standing


@pytest.mark.parametrize("seed", range(4))
def test_what_is_certain_is_published_and_nothing_that_is_not_listed(person: Person, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    write_days(Path(person.resource.lake), LENGTH)
    check(person, restates_past=False)
    for change in (CHANGES[seed], chance.choice(CHANGES[4:])):
        change(person, monkeypatch, day_of(chance.randrange(1, LENGTH)))
    check(person, restates_past=bool(seed % 2))
    check(person, restates_past=True)


def lines(person: Person) -> list[str]:
    """Return what is told of the plan."""
    return list(told(plan(person)))


def test_a_plan_says_which_batches_and_why(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(person.resource.lake), LENGTH)
    found = lines(person)
    assert f"marts.shelf_counts: 6 batches ({day_of(0)}..{day_of(5)}) to make: missing" in found
    assert f"models.mean_model: 6 batches ({day_of(0)}..{day_of(5)}) to make: missing; 2 models to train" in found
    assert found[-1] == "to make: 42 batches; how long that takes, the ledger does not know"
    person.updates(0, LENGTH - 1)
    assert lines(person) == []
    correct(person, monkeypatch, day_of(4))
    lose(person, monkeypatch, day_of(1))
    found = [line.removesuffix(" besides Dagster's own time").removesuffix("; under 1 s") for line in lines(person)]
    assert found[:3] == [
        "marts.shelf_counts: 1 batch (2017-01-05) to make: file changed (counts/2017-01-05/anna.csv, counts/2017-01-05/ben.csv)",
        "marts.kind_counts: 1 batch (2017-01-05) may follow: marts.shelf_counts is made again",
        "features.recent_counts: 6 batches (2017-01-01..2017-01-06) to make: missing",
    ]
    assert "predictions.expected_counts: 4 batches (2017-01-01..2017-01-04) stand: features.recent_counts would be made again" in found
    assert "predictions.expected_counts: 2 batches (2017-01-05..2017-01-06) stand: features.recent_counts and models.mean_model would be made again" in found
    assert "features.next_days" not in "\n".join(found)
    assert found[-3:] == [
        "to make: 7 batches",
        "may follow: 1 batch",
        "standing: 8 batches of models and predictions, published before what they were made from changed; up-to-date --restate-past replaces them",
    ]
    recode(person, monkeypatch, day_of(0))
    changed = "marts.kind_counts: 6 batches (2017-01-01..2017-01-06) to make: its code or settings changed (ver"
    assert any(line.startswith(changed) for line in lines(person))


def test_a_batch_whose_input_may_come_back_as_it_was_is_not_called_certain(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(person.resource.lake), 2)
    person.updates(0, 1)
    revert(person, monkeypatch, day_of(1))
    steps = {step.table.name: step for step in plan(person, (day_of(0), day_of(1)))}
    assert list(steps["shelf_counts"].certain) == [day_of(1)]
    assert (dict(steps["kind_counts"].certain), list(steps["kind_counts"].may_follow)) == ({}, [day_of(1)])
    assert person.updates(0, 1) == 1


def test_an_upstream_that_changed_is_a_cause(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(person.resource.lake), LENGTH)
    person.updates(0, LENGTH - 1)
    correct(person, monkeypatch, day_of(3))
    publish(GRAPH.table("shelf_counts"), person.resource.warehouse, [day_of(3)], "run")
    assert lines(person)[0] == "marts.kind_counts: 1 batch (2017-01-04) to make: marts.shelf_counts changed (2017-01-04); under 1 s"


def test_what_cannot_be_made_is_told_with_its_reason(person: Person) -> None:
    write_days(Path(person.resource.lake), LENGTH - 1)
    found = lines(person)
    assert "marts.shelf_counts: 1 batch (2017-01-06) cannot be made: lake.counts: there is no file for 2017-01-06" in "\n".join(found)
    assert "marts.kind_counts: 1 batch (2017-01-06) cannot be made: batch 2017-01-06 reads marts.shelf_counts" in "\n".join(found)


def test_a_batch_whose_file_is_gone_stands_and_the_plan_says_what_else_changed(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(person.resource.lake), 2)
    person.updates(0, 1, "shelf_kinds")
    (Path(person.resource.lake) / "shelves" / f"{day_of(0)}.parquet").unlink()
    gone = f"marts.shelf_kinds: the raw files of 1 batch are gone ({day_of(0)}). What was published stands"
    assert list(told(plan(person, None))) == [f"{gone}; it cannot be made again without them."]
    parts = {**GRAPH.table("shelf_kinds").code_parts, "setting time_zone": "Europe/Berlin"}
    monkeypatch.setattr("batch_assets.table.table.Table.code_parts", parts)
    monkeypatch.setattr("batch_assets.table.table.code_version", lambda *names, libraries: "new")
    assert next(told(plan(person, None))).startswith(f"{gone}, although setting time_zone changed (was ")


def test_a_published_prediction_is_replaced_only_when_that_is_asked_for(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was corrected is restated up to the features; a new day is forecast from them, and the days before keep their forecasts."""
    write_days(Path(person.resource.lake), LENGTH)
    person.updates(0, LENGTH - 2)
    before = publications(person)
    correct(person, monkeypatch, day_of(3))
    person.updates(0, LENGTH - 1)
    made = set(publications(person)[len(before) :])
    assert {day for asset, day in made if asset == "features.recent_counts"} == {day_of(3), day_of(4), day_of(5)}
    assert {(asset, day) for asset, day in made if asset.split(".")[0] in ("models", "predictions")} == {
        ("models.mean_model", day_of(5)),
        ("predictions.expected_counts", day_of(5)),
    }
    standing = [step for step in plan(person) if step.stands]
    assert [(step.table.asset, list(step.stands)) for step in standing] == [
        ("models.mean_model", [day_of(3), day_of(4)]),
        ("predictions.expected_counts", [day_of(3), day_of(4)]),
    ]
    found = list(told(plan(person, restates_past=True)))
    replaced = "2 batches (2017-01-04..2017-01-05)"
    assert f"models.mean_model: {replaced} to replace: marts.kind_counts changed (2017-01-04); 1 model to train; under 1 s" in found
    assert any(
        line.startswith(f"predictions.expected_counts: {replaced} to replace: features.recent_counts changed (2017-01-04..2017-01-05)") for line in found
    )
    assert found[-1] == "to make: 4 batches (4 of them replace published models and predictions); under 1 s besides Dagster's own time"
    assert person.updates(0, LENGTH - 1, restates_past=True) == 4
    assert plan(person) == []


def test_a_prediction_whose_inputs_are_lost_stands_without_a_failure_of_its_own(person: Person) -> None:
    write_days(Path(person.resource.lake), 2)
    person.updates(0, 1)
    with person.resource.warehouse.connect() as con:
        for lost in ("marts.shelf_counts", "marts.kind_counts", "features.recent_counts"):
            con.con.execute(f"drop table {lost}")
    (Path(person.resource.lake) / "counts" / str(day_of(1)) / "MANIFEST").unlink()
    steps = {step.table.name: step for step in plan(person, (day_of(0), day_of(1)))}
    assert [refusal.day for refusal in steps["recent_counts"].refused] == [day_of(1)]
    assert steps["expected_counts"].refused == []
    assert f"1 batch ({day_of(1)}) stands: what it was made from is not there any more" in "\n".join(told(steps.values()))


def test_without_days_all_that_was_ever_published_is_looked_at(
    settled: object, person: Person, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(Path(person.resource.lake), LENGTH)
    assert main(["plan"]) == 0
    assert capsys.readouterr().out == "everything is up to date\n"
    assert main(command(3, 3, "--select", "kind_counts")) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("marts.shelf_")
    assert "marts.kind_counts: 1 batch (2017-01-04) to make: missing" in out
    correct(person, monkeypatch, day_of(3))
    before = ledger(person.resource.warehouse, "marts.shelf_counts")
    monkeypatch.delenv("DAGSTER_HOME")
    assert main(["plan"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "marts.shelf_counts: 1 batch (2017-01-04) to make: file changed (counts/2017-01-04/anna.csv, counts/2017-01-04/ben.csv); under 1 s",
        "marts.kind_counts: 1 batch (2017-01-04) may follow: marts.shelf_counts is made again; under 1 s",
        "to make: 1 batch; under 1 s besides Dagster's own time",
        "may follow: 1 batch; under 1 s besides Dagster's own time",
    ]
    assert ledger(person.resource.warehouse, "marts.shelf_counts") == before
    with pytest.raises(SystemExit):
        main(["plan", "--from", str(day_of(0))])
    assert "--from and --to go together" in capsys.readouterr().err
