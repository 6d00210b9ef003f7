"""Erasing a customer, step by step. What is to be erased is written down first; each step can be done again; the certificate comes last.

Whoever is killed, or fails, goes on where it was: the same command, without a customer, brings what was begun to its end.
Belongs here: the order of the steps. Does not belong here: what each does (`warehouse/erasure/`).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg

from ..errors import BatchError
from ..ingest.erasures import FOLDER
from ..partitions import batches, name_days
from ..reporting.customer_rows import customer_of, latest_day
from ..table.graph import configured_graph
from ..table.table import Table
from ..warehouse.compact import compact
from ..warehouse.connection import Warehouse
from ..warehouse.erasure.certificate import before, certify, check_sums
from ..warehouse.erasure.find import Found, find
from ..warehouse.erasure.forget import forget
from ..warehouse.erasure.record import Begun, begin, finished, unfinished
from ..warehouse.erasure.rewrite import rewrite
from ..warehouse.erasure.scan import in_files, in_tables
from ..warehouse.planned import planned
from ..warehouse.snapshot import renew_snapshot
from .definitions import build_defs
from .resource import WarehouseResource
from .unreported import report_unreported
from .up_to_date import bring_up_to_date

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What was found of a customer before anything is erased."""

    found: Found
    before: Mapping[str, object]

    def told(self, tables: Sequence[Table]) -> Iterator[str]:
        """Say what would be erased, and how much; nothing personal is told."""
        found, owners = self.found, owners_of(tables)
        yield f"records: {', '.join(f'{name} {count}' for name, count in found.records.items())}"
        for source, of in sorted(found.lines.items()):
            days = name_days({found.days[file] for file in of})
            whose = f"files of {owners[source]}, who has to redact them" if source in owners else "files are rewritten"
            yield f"lake.{source}: {sum(map(len, of.values()))} lines in {len(of)} files ({days}); {whose}"
        for table, count in self.before["named"].items():  # type: ignore[attr-defined]
            yield f"{table}: {count} rows name the customer"
        yield f"looked for: {', '.join(found.person.looked_for()) or 'nothing, since all that is known of the customer is known of others, too'}"


def look(warehouse: Warehouse, tables: Sequence[Table], asked: str) -> Asked:
    """Find what is known of a customer, who is asked for as `customer_of` takes it.

    Raises:
        BatchError: tables are not up to date, an erasure is unfinished, or nobody is known by this.
    """
    lake = Path(warehouse.lake)
    if begun := unfinished(lake):
        raise BatchError(f"erasure {begun[0].name} is not finished: python -m batch_assets erase, without a customer, brings it to its end.")
    with warehouse.connect() as con, warehouse.known_files() as known:
        behind = [(step.table.asset, days) for step in planned(con, tables, None, lake, known.version) if (days := sorted({*step.certain, *step.may_follow}))]
        if behind:
            asset, days = behind[0]
            told = f"{asset}: {batches(len(days))}, {name_days(days)}"
            raise BatchError(f"Not all is up to date ({told}), so it is not known what there is to erase. First run python -m batch_assets up-to-date")
        found = find(con, tables, lake, customer_of(con, asked, latest_day(con)))
        return Asked(found, before(con, tables, lake, found))


def erase(
    asked: Asked, by: str, reason: str, job: dg.JobDefinition, tables: Sequence[Table], instance: dg.DagsterInstance, resource: WarehouseResource, tell: Tell
) -> Path:
    """Erase a customer; return the path of the certificate.

    Raises:
        BatchError: what is told of it for the certificate names the customer.
    """
    if asked.found.person.is_in(f"{by} {reason}"):
        raise BatchError("What is told with --by or --reason names the customer, and is kept with the certificate. Leave that out.")
    begun = begin(Path(resource.lake), asked.found, asked.before, by, reason)
    return finish(begun, job, tables, instance, resource, tell)


def finish(begun: Begun, job: dg.JobDefinition, tables: Sequence[Table], instance: dg.DagsterInstance, resource: WarehouseResource, tell: Tell) -> Path:
    """Bring an erasure that was begun to its end; return the path of the certificate.

    Raises:
        BatchError: the customer is still named somewhere; the message says where.
        RuntimeError: some batches could not be made again.
    """
    warehouse, lake = resource.warehouse, Path(resource.lake)
    tell(f"erasure {begun.name}")
    owners = owners_of(tables)
    tell(f"raw files rewritten: {_rewritten(begun, tables, lake)}")
    with warehouse.connect() as con, warehouse.known_files() as known:
        # What cannot be made for another reason is nothing to wait for; if it names the customer, the search says so.
        plan = [replace(step, refused=[]) for step in planned(con, tables, None, lake, known.version)]
    bring_up_to_date(job, plan, instance, resource, tell)
    forgotten: dict[str, int] = {}
    for asset, _day, count in forget(warehouse, tables, begun.before["known"], begun.name):
        forgotten[asset] = forgotten.get(asset, 0) + count
    tell("".join(f"{asset}: {count} rows of published batches went" for asset, count in forgotten.items()) or "no published prediction was about the customer")
    report_unreported(instance, tables, warehouse, tell)
    with warehouse.connect() as con:
        about_nobody = [table.asset for table in tables if not (table.contract.private() or table.contract.pseudonyms())]
        removed = warehouse.store.forget_replaced(con.con, about_nobody)
    if removed:
        tell(f"files of replaced rows removed: {sum(removed.values())}, of {len(removed)} tables")
    if sizes := compact(warehouse):
        tell(f"the warehouse's file was written anew: {sizes[0] / 1e6:.1f} MB before, {sizes[1] / 1e6:.1f} MB after")
    if renewed := renew_snapshot(warehouse, tables):
        tell(f"{renewed.path}: made anew")
    done = {"predictions_forgotten": forgotten, "files_of_replaced_rows": removed, "warehouse_bytes": sizes}
    return _certified(begun, tables, warehouse, instance, owners, done, tell)


def _certified(
    begun: Begun, tables: Sequence[Table], warehouse: Warehouse, instance: dg.DagsterInstance, owners: Mapping[str, str], done: Mapping[str, object], tell: Tell
) -> Path:
    """Look for the customer everywhere, and write the certificate."""
    lake, person = Path(warehouse.lake), begun.person
    with warehouse.connect() as con:
        named, sums = in_tables(con, person), check_sums(con, tables, begun)
        read = {lake / file for (file,) in con.con.execute("select distinct file from quality.raw_files").fetchall()}
    warehouse.let_go()
    theirs = {lake / file for file, of in begun.record["files"].items() if of["source"] in owners}
    scanned = in_files([*_files(warehouse, instance, begun), *warehouse.store.objects()], person)
    others = [path for path in scanned.found if isinstance(path, Path) and (path in theirs or not (path in read or _is_ours(path, warehouse, instance)))]
    found = [*named, *(str(each) for each in scanned.found if each not in others)]
    if found:
        raise BatchError(
            f"erasure {begun.name}: the customer is still named in {', '.join(found[:5])}{f' and {len(found) - 5} more' * (len(found) > 5)}. "
            "Remove it there, then run python -m batch_assets erase again."
        )
    with warehouse.connect() as con:
        certificate = certify(con, warehouse.store, begun, lake, owners, sums, {**done, "left_to_others": [str(path) for path in others]}, scanned)
    begun.end(certificate)
    for path in others:
        tell(f"{path}: still names the customer, and is not ours to change; ask {_owner(begun, owners, lake, path)}")
    where = f"{len(others)} files of others" if others else "none"
    tell(f"searched {scanned.files:,} files, {scanned.bytes / 1e6:.0f} MB, and every table: the customer is named in {where}")
    return begun.certificate


def _rewritten(begun: Begun, tables: Sequence[Table], lake: Path) -> int:
    """Rewrite the raw files that are ours; return how many of them named the customer."""
    sources = {table.source.name: table.source for table in tables if table.source and not table.source.owner}
    files = [(sources[of["source"]], file, dt.date.fromisoformat(of["day"])) for file, of in begun.record["files"].items() if of["source"] in sources]
    return sum(rewrite(source, lake, file, day, begun.folder) for source, file, day in files if (lake / file).exists())


def erase_asked(resource: WarehouseResource, instance: dg.DagsterInstance, asked: str | None, by: str, reason: str, tell: Tell, *, is_executed: bool) -> None:
    """Tell where a customer is known, and erase all that is personal there, if it may be; without a customer, finish what was begun.

    Raises:
        BatchError: nobody is known by this, or the customer is still named somewhere afterwards; the message says what to do.
    """
    tables = configured_graph().in_order()
    job = build_defs(warehouse=resource).resolve_job_def("__ASSET_JOB")
    if asked is None:
        for begun in unfinished(Path(resource.lake)):
            tell(f"certificate: {finish(begun, job, tables, instance, resource, tell)}")
        tell("no erasure is unfinished")
        for begun in finished(Path(resource.lake)):
            if again := _rewritten(begun, tables, Path(resource.lake)):
                tell(f"erasure {begun.name}: {again} raw files were delivered again and named the customer; they are rewritten")
        return
    found = look(resource.warehouse, tables, asked)
    for line in found.told(tables):
        tell(line)
    if is_executed:
        tell(f"certificate: {erase(found, by, reason, job, tables, instance, resource, tell)}")


def _owner(begun: Begun, owners: Mapping[str, str], lake: Path, path: Path) -> str:
    """Return who owns a file that is not ours."""
    known = {lake / file: owners.get(of["source"]) for file, of in begun.record["files"].items()}
    return known.get(path) or "whoever put it there"


def owners_of(tables: Sequence[Table]) -> dict[str, str]:
    """Return the owners of raw files that may not be rewritten here, by source."""
    return {table.source.name: table.source.owner for table in tables if table.source and table.source.owner}


def _files(warehouse: Warehouse, instance: dg.DagsterInstance, begun: Begun) -> list[Path]:
    """Return every file of the project's data, and what else lies beside the warehouse."""
    folders = {Path(warehouse.database).parent, Path(warehouse.lake), *_folders(warehouse, instance)}
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    return sorted(found - {begun.sought})


def _folders(warehouse: Warehouse, instance: dg.DagsterInstance) -> list[Path]:
    """Return the folders into which nobody else writes."""
    homes = [] if instance.is_ephemeral else [Path(instance.root_directory)]
    return [Path(warehouse.database), Path(warehouse.published), Path(warehouse.models), Path(warehouse.lake) / FOLDER, *homes]


def _is_ours(path: Path, warehouse: Warehouse, instance: dg.DagsterInstance) -> bool:
    database = Path(warehouse.database)
    return (path.parent == database.parent and path.name.startswith(database.name)) or any(folder in path.parents for folder in _folders(warehouse, instance))
