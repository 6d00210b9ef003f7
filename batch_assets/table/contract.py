"""Contracts: the rules that every published row of a table obeys, written next to the table's function, as pandera's models are.

A column is an annotation and a `Field`; `Config.unique` is the grain; a rule between columns is a method under `@rule`. A
column that the contract does not name is a breach. Every column has a type with a canonical text (`content.py`). A contract
only declares rules; `warehouse/audit.py` checks rows against them. It becomes a model of pandera's when pandera is asked about
rows (`pandera_model.py`); what a column is, is known without.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow

MOST_BREACHES = 5

PRIVATE = "private"
"""What is shown in place of a private value, and what a private column is tagged with."""


@dataclass(frozen=True)
class Column:
    """A column of a contract.

    Attributes:
        type: its type.
        description: what it is.
        nullable: whether it may be null.
        unique: whether each value is there once.
        private: whether it has personal data.
        pseudonym: whether it stands for personal data by a salted hash.
        history: whether it is in the key of what changes.
        checks: what each value obeys: options of pandera's `Field`, by name.
    """

    type: dt.DataType = dt.unknown
    description: str = ""
    nullable: bool = False
    unique: bool = False
    private: bool = False
    pseudonym: bool = False
    history: bool = False
    checks: Mapping[str, Any] = field(default_factory=dict)


def Field(  # noqa: N802 - it is named as pandera's
    *, description: str = "", nullable: bool = False, unique: bool = False, private: bool = False, pseudonym: bool = False, history: bool = False, **checks: Any
) -> Any:
    """Return a column, whose values obey pandera's checks, such as `ge=0`; messages show a few failing values and not all of them.

    A private column has personal data: its values stay in the tables that have it. No preview, chart, message, event, published
    file or model shows them. A pseudonym is made from private columns by a salted hash, and may be seen: it is declared, so that
    a reader of the contract sees where personal data ends. Columns with `history` are the key of what changes: a row holds until a
    later batch has another one with the same key, and the warehouse has a macro for the rows that held on a day.
    """
    return Column(dt.unknown, description, nullable, unique, private, pseudonym, history, checks)


Rule = Callable[[ir.Table], ir.BooleanValue]
"""What must hold of every row: an expression over a table's columns."""


def rule(holds: Callable[[Any, ir.Table], ir.BooleanValue]) -> Any:
    """Make a contract's method a rule between columns: what it returns must not be false of a row.

    Its docstring says the rule in a line, which is told when a row breaks it.
    """
    holds.__dict__["is_rule"] = True
    return classmethod(holds)


class Nested:
    """The base class of array and struct types. A subclass sets `type` to an Ibis type and annotates a column.

    class Words(Nested):
        type = dt.Array(dt.string)
    """

    type: ClassVar[dt.DataType]


class Contract:
    """The base of all contracts: exactly the named columns, not null unless declared nullable."""

    class Config:
        """What holds for all rows together: `unique`, the columns that identify one."""

        unique: ClassVar[list[str]] = []

    @classmethod
    @cache
    def columns(cls) -> Mapping[str, Column]:
        """Return the contract's columns by name, in order."""
        kinds = cls.annotations()
        declared = {name: member for name, member in cls.members() if isinstance(member, Column)}
        return MappingProxyType({name: replace(column, type=_type(kinds[name])) for name, column in declared.items()})

    @classmethod
    def grain(cls) -> list[str]:
        """Return the columns that identify a row."""
        return list(getattr(cls.Config, "unique", []))

    @classmethod
    def private(cls) -> list[str]:
        """Return the columns that have personal data."""
        return [name for name, column in cls.columns().items() if column.private]

    @classmethod
    def pseudonyms(cls) -> list[str]:
        """Return the columns that stand for personal data by a salted hash."""
        return [name for name, column in cls.columns().items() if column.pseudonym]

    @classmethod
    def history(cls) -> list[str]:
        """Return the key of which a row holds until a later batch has another one; none if rows are of their day alone."""
        return [name for name, column in cls.columns().items() if column.history]

    @classmethod
    def rules(cls) -> dict[str, Rule]:
        """Return the rules between columns, by what each of them says."""
        names = [name for name, member in dict(cls.members()).items() if _is_rule(member)]
        return {inspect.cleandoc(getattr(cls, name).__doc__ or name).rstrip(".").replace("`", ""): getattr(cls, name) for name in names}

    @classmethod
    def others(cls) -> dict[str, Any]:
        """Return what a contract has beside columns and rules, such as checks of pandera's own."""
        return {name: member for name, member in cls.members() if not isinstance(member, Column) and not _is_rule(member)}

    @classmethod
    def members(cls) -> Iterator[tuple[str, Any]]:
        """Yield what contracts define, those of its bases first."""
        for contract in reversed(cls.__mro__):
            if issubclass(contract, Contract) and contract is not Contract:
                yield from ((name, member) for name, member in vars(contract).items() if not name.startswith("__") and name != "Config")

    @classmethod
    def annotations(cls) -> dict[str, Any]:
        """Return the types as the contract names them."""
        return get_type_hints(cls, include_extras=True)

    @classmethod
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches built in Python."""
        return ibis.schema({name: column.type for name, column in cls.columns().items()}).to_pyarrow()


def _is_rule(member: Any) -> bool:
    return getattr(getattr(member, "__func__", None), "is_rule", False)


def _type(kind: Any) -> dt.DataType:
    """Return the type that an annotation names: a type, one with its parameters, or a nested one."""
    if get_origin(kind):
        of, *parameters = get_args(kind)[0], *get_args(kind)[1:]
        return of(*parameters)
    return kind.type if issubclass(kind, Nested) else kind()
