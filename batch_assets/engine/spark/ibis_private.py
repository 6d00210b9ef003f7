"""Spark's SQL of an expression, such that Spark makes the rows that DuckDB makes. All uses of Ibis's private API for Spark are in this module.

Ibis translates each operation into Spark's own, and some of these mean something else than DuckDB's, or are not alike in Spark and in other
engines that speak Spark Connect. Here each of them is spelled out, and nowhere else. `batch_assets_tests/engine/spark/` runs every
operation on both engines.
"""

import string
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.datatypes import PySparkType

from ...errors import DefinitionError
from .patterns import alike

_OF_DUCKDB = {
    "nfc_normalize": "batch_assets_nfc",
    "strip_accents": "batch_assets_without_accents",
    "regexp_extract_all": "batch_assets_extract_all",
}
"""Functions of DuckDB's own that expressions use, and what does the same on Spark."""


class _Compiler(PySparkCompiler):
    """Ibis's compiler for Spark, with DuckDB's meaning."""

    __slots__ = ()

    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}
    """None, since these would take the place of methods with the same name."""

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
        """A float is written as text, since a number with a point is a decimal to Spark. Some signs of a text Ibis writes such that Spark reads others."""
        if dtype.is_string():
            return _text(value)
        return self.cast(_text(repr(float(value))), dt.float64) if dtype.is_floating() else super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:
        """As above, for a column."""
        return super(PySparkCompiler, self).visit_Field(op, rel=rel, name=name)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:
        """No number is not null."""
        return arg.is_(sge.null())

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:
        """As above."""
        return sge.Not(this=sge.paren(arg.is_(sge.null())))

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        """Of all blanks of ASCII, as with DuckDB."""
        return sge.Trim(this=arg, expression=_text(string.whitespace), position="BOTH")

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:
        """Java's makes several letters of one."""
        return self.f.anon.batch_assets_lower(arg)

    def visit_Uppercase(self, op: Any, *, arg: Any) -> Any:
        """As above."""
        return self.f.anon.batch_assets_upper(arg)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """See `patterns.py`."""
        written = alike(_literal(op.pattern))
        return self.f.anon.batch_assets_search(arg, pattern) if written is None else sge.RegexpLike(this=arg, expression=_text(written))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:
        """See `patterns.py`."""
        written = alike(_literal(op.pattern))
        return self.f.anon.batch_assets_extract(arg, pattern, index) if written is None else self.f.anon.regexp_extract(arg, _text(written), index)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        """See `patterns.py`. In what replaces a match, the signs of groups differ as well."""
        written = alike(_literal(op.pattern)) if not set(_literal(op.replacement)) & set("\\$") else None
        if written is None:
            return self.f.anon.batch_assets_replace(arg, pattern, replacement)
        return self.f.anon.regexp_replace(arg, _text(written), replacement)

    def visit_StringSplit(self, op: Any, *, arg: Any, delimiter: Any) -> Any:
        """Spark's splits at a regular expression, and at an empty one also behind the last letter."""
        sign = _literal(op.delimiter)
        if not sign:
            return self.f.anon.batch_assets_letters(arg)
        return self.f.anon.split(arg, _text("".join(f"[{each}]" if each not in r"\^[]" else rf"\{each}" for each in sign)))

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """What is no number or time to one engine may be one to the other, but for texts that a pattern has let pass."""
        if op.arg.dtype.is_string() and not _is_checked(op.arg):
            raise DefinitionError(f"makes {to} of a text that no pattern has checked before, as expressions/text.py does")
        return super().visit_TryCast(op, arg=arg, to=to)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Spark cuts what is behind the point; DuckDB rounds, halves of a float to the even number."""
        if op.arg.dtype.is_string() and not to.is_string():
            raise DefinitionError(f"makes {to} of a text by cast; use try_cast on a text that a pattern has checked, as expressions/text.py does")
        if to.is_string() and not (op.arg.dtype.is_string() or op.arg.dtype.is_integer() or op.arg.dtype.is_date() or op.arg.dtype.is_boolean()):
            raise DefinitionError(f"makes a text of {op.arg.dtype}, which each engine writes in its own way")
        if to.is_integer() and op.arg.dtype.is_floating():
            arg = self._let(arg, self._to_even)
        if to.is_integer() and op.arg.dtype.is_decimal():
            arg = self.f.anon.round(arg)
        return super().visit_Cast(op, arg=arg, to=to)

    def _to_even(self, number: Any) -> Any:
        below = self.f.anon.floor(number)
        return self.if_(sge.paren(number - below).eq(0.5), self.cast(below + self.f.anon.pmod(below, 2), dt.float64), self.f.anon.round(number))

    def visit_Sqrt(self, op: Any, *, arg: Any) -> Any:
        """Of a negative number it is an error, and not no number."""
        error = self.cast(self.f.anon.raise_error(_text("square root of a negative number")), dt.float64)
        return self._let(arg, lambda value: self.if_(value < 0, error, self.f.anon.sqrt(value)))

    def visit_Clip(self, op: Any, *, arg: Any, lower: Any, upper: Any) -> Any:
        """Null of null. Ibis has the operand nine times, so what is clipped and computed with and clipped again becomes a text of megabytes."""

        def clipped(value: Any) -> Any:
            within = value if upper is None else self.f.anon.least(upper, value)
            return self.if_(value.is_(sge.null()), sge.null(), within if lower is None else self.f.anon.greatest(lower, within))

        return self._let(arg, clipped)

    def visit_Power(self, op: Any, *, left: Any, right: Any) -> Any:
        """Other powers than whole ones are rounded in another way."""
        if not float(_literal(op.right)).is_integer():
            raise DefinitionError("has a power that is not whole")
        return self.f.anon.power(self.cast(left, dt.float64), self.cast(right, dt.float64))

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        """As floats, whatever is divided: a literal with a point is a decimal to both engines. What DuckDB makes infinite, division by zero, is an error."""
        return sge.paren(self.cast(left, dt.float64) / self.cast(right, dt.float64))

    def visit_FloorDivide(self, op: Any, *, left: Any, right: Any) -> Any:
        """As above."""
        return self.cast(self.f.anon.floor(self.visit_Divide(op, left=left, right=right)), op.dtype)

    def visit_Round(self, op: Any, *, arg: Any, digits: Any) -> Any:
        """Spark rounds the number as it is written in decimals; DuckDB the product, which is another number."""
        if not op.arg.dtype.is_floating():
            return super().visit_Round(op, arg=arg, digits=digits)
        places = int(_literal(op.digits))
        if places < 0:
            raise DefinitionError("rounds to tens")
        if not places:
            return self.cast(self.f.anon.round(arg), op.dtype)
        scale = sge.convert(float(10**places))
        return sge.paren(self.f.anon.round(sge.paren(self.cast(arg, dt.float64) * self.cast(scale, dt.float64))) / self.cast(scale, dt.float64))

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        """By DuckDB's formula, which is Spark's as well; other engines interpolate by one that has other last bits."""
        if where is not None:
            arg = self.if_(where, arg, sge.null())
        ordered = self.f.anon.array_sort(self.f.anon.collect_list(self.cast(arg, dt.float64)))
        place = sge.paren(self.cast(self.f.anon.size(ordered) - 1, dt.float64) * self.cast(quantile, dt.float64))
        low, high = (self.f.anon.element_at(ordered, self.cast(self.f.anon[f](place) + 1, dt.int32)) for f in ("floor", "ceil"))
        beyond = sge.paren(place - self.f.anon.floor(place))
        between = low * sge.paren(1 - beyond) + high * beyond
        return self.if_(self.f.anon.size(ordered) > 0, between, sge.null())

    def visit_ArrayIndex(self, op: Any, *, arg: Any, index: Any) -> Any:
        """Beyond the array's end is null, and not an error."""
        place = self.if_(index >= 0, sge.paren(index + 1), index)
        return self.f.anon.try_element_at(arg, self.cast(place, dt.int32))

    def visit_ArrayStringJoin(self, op: Any, *, arg: Any, sep: Any) -> Any:
        """Of no texts it is the empty one, of nulls alone null."""

        def joined(texts: Any) -> Any:
            some = self._those(texts, lambda each: each.is_(sge.null()).not_())
            are_nulls = sge.and_(self.f.anon.size(texts) > 0, self.f.anon.size(some).eq(0))
            return self.if_(are_nulls, sge.null(), self.f.anon.array_join(texts, sep))

        return self._let(arg, joined)

    def visit_ArrayIntersect(self, op: Any, *, left: Any, right: Any) -> Any:
        """With what is there twice."""
        return self._those(left, lambda each: self.f.anon.array_contains(right, each))

    def _let(self, value: Any, body: Callable[[Any], Any]) -> Any:
        """Return SQL in which a value that is used several times is written once: a function over an array of one."""
        name = sge.to_identifier("value")
        return self.f.anon.element_at(self.f.anon.transform(self.f.anon.array(value), sge.Lambda(this=body(name), expressions=[name])), sge.convert(1))

    def _those(self, array: Any, which: Callable[[Any], Any]) -> Any:
        each = sge.to_identifier("each")
        return self.f.anon.filter(array, sge.Lambda(this=which(each), expressions=[each]))

    def visit_ArraySort(self, op: Any, *, arg: Any) -> Any:
        """Nulls come last, as with DuckDB in Ibis."""
        return self.f.anon.array_sort(arg)

    def visit_ArrayCollect(self, op: Any, *, arg: Any, where: Any, order_by: Any, include_null: Any, distinct: Any) -> Any:
        """In order: Spark's own has none, so the key is collected beside the value, sorted by, and dropped. Null of no values."""
        if include_null or distinct:
            raise DefinitionError("collects nulls, or distinct values")
        if not order_by or any(key.args.get("desc") for key in order_by):
            raise DefinitionError("collects values in no order or a descending one; give `order_by` keys that ascend")
        present = arg.is_(sge.null()).not_() if where is None else sge.and_(where, arg.is_(sge.null()).not_())
        keys = [key.this.as_(f"key{number}") for number, key in enumerate(order_by)]
        pairs = self.f.anon.collect_list(self.if_(present, self.f.anon.struct(*keys, arg.as_("value")), sge.null()))
        pair = sge.to_identifier("pair")
        values = self.f.anon.transform(
            self.f.anon.array_sort(pairs), sge.Lambda(this=sge.Dot(this=pair, expression=sge.to_identifier("value")), expressions=[pair])
        )
        return self.if_(self.f.anon.size(pairs) > 0, values, sge.null())

    def visit_ExtractEpochSeconds(self, op: Any, *, arg: Any) -> Any:
        """With fractions of a second, as DuckDB has it."""
        return sge.paren(self.f.anon.unix_micros(self.cast(arg, dt.Timestamp(timezone="UTC"))) / self.cast(sge.convert(1000000), dt.float64))

    def visit_IntervalFromInteger(self, op: Any, *, arg: Any, unit: Any) -> Any:
        """As an interval of weeks or less that is multiplied; Ibis writes it as text."""
        if unit.singular not in ("week", "day", "hour", "minute", "second"):
            raise DefinitionError(f"counts in units of a {unit.singular}")
        return sge.paren(sge.paren(arg) * sge.Interval(this=_text("1"), unit=sge.Var(this=unit.singular.upper())))

    def visit_StringFind(self, op: Any, *, arg: Any, substr: Any, start: Any, end: Any) -> Any:
        """As a number of 64 bits, as with DuckDB: 32 bits may overflow in what is made of it."""
        if start is not None or end is not None:
            raise DefinitionError("finds a text from somewhere on")
        return self._long(self.f.anon.instr(arg, substr))

    def visit_StringLength(self, op: Any, *, arg: Any) -> Any:
        """As above."""
        return self._long(self.f.anon.char_length(arg))

    def visit_ArrayLength(self, op: Any, *, arg: Any) -> Any:
        """As above; null of null."""
        return self._long(self.if_(arg.is_(sge.null()), sge.null(), self.f.anon.size(arg)))

    def visit_DateDelta(self, op: Any, *, part: Any, left: Any, right: Any) -> Any:
        """As above, in days."""
        if _literal(op.part) != "day":
            raise DefinitionError("counts something else than days between two dates")
        return self._long(self.f.anon.datediff(left, right))

    def visit_WindowFunction(self, op: Any, **parts: Any) -> Any:
        """As above, of a row's number."""
        made = super().visit_WindowFunction(op, **parts)
        return self._long(made) if isinstance(op.func, ops.RowNumber) else made

    def visit_DayOfWeekIndex(self, op: Any, *, arg: Any) -> Any:
        """As above, from Monday."""
        return self._long(sge.paren(sge.paren(self.f.anon.dayofweek(arg) + 5) % 7))

    def visit_ExtractYear(self, op: Any, *, arg: Any) -> Any:
        """As above."""
        return self._long(self.f.anon.year(arg))

    def _long(self, number: Any) -> Any:
        return self.cast(number, dt.int64)

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> Any:
        """A function of DuckDB's own; one that Spark has in the same sense is listed above."""
        if op.__func_name__ not in _OF_DUCKDB:
            raise DefinitionError(f"uses the function {op.__func_name__}, which Spark has not")
        return self.f.anon[_OF_DUCKDB[op.__func_name__]](*arguments.values())


_MIXED = (ops.Add, ops.Subtract, ops.Multiply, ops.Comparison)


def to_sql(expression: ir.Table) -> str:
    """Compile an expression for Spark.

    Raises:
        DefinitionError: it has something that Spark does otherwise than DuckDB.
    """
    for node in expression.op().find(_MIXED):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, ops.Literal) and one.dtype.is_floating() and other.dtype.is_numeric() and not other.dtype.is_floating():
                raise DefinitionError(
                    f"has {one.value} and a whole number in one {type(node).__name__}, which DuckDB computes in decimals; cast the other to float64"
                )
    return str(_compiler().to_sqlglot(expression).sql(dialect=_Compiler.dialect))


def operations(expression: ir.Table) -> set[str]:
    """Return the names of the operations that an expression has; a function of the engine's own is the name that the engine has for it."""
    found = expression.op().find(ops.Node)
    return {node.__func_name__ if isinstance(node, ops.ScalarUDF | ops.AggUDF) else type(node).__name__ for node in found}


def rows_in_memory(expression: ir.Table) -> dict[str, pa.Table]:
    """Return the rows that an expression reads from this process's memory, by the names used in its SQL."""
    return {node.name: node.data.to_pyarrow(node.schema) for node in expression.op().find(ops.InMemoryTable)}


@cache
def _compiler() -> _Compiler:
    return _Compiler()


@cache
def type_name(kind: dt.DataType) -> str:
    """Return a type as Spark spells it."""
    return str(PySparkType.to_string(kind))


def _is_checked(node: Any) -> bool:
    """Say whether a text is null unless it has a form that a pattern of plain signs describes, or is put together of such texts."""
    match node:
        case ops.Literal():
            return True
        case ops.IfElse(bool_expr=ops.RegexSearch() as search, true_expr=text, false_null_expr=ops.Literal(value=None)):
            pattern = str(_literal(search.pattern))
            return search.arg == text and pattern.startswith("^") and pattern.endswith("$") and alike(pattern) is not None
        case ops.Substring() | ops.StringReplace():
            return _is_checked(node.arg)
        case ops.StringConcat():
            return all(map(_is_checked, node.arg))
        case ops.SearchedCase():
            return all(map(_is_checked, (*node.results, node.default)))
        case _:
            return False


def _literal(node: Any) -> Any:
    if not isinstance(node, ops.Literal):
        raise DefinitionError(f"has another {type(node).__name__} for each row where Spark needs a literal")
    return node.value


def _text(written: str) -> sge.Expression:
    """Return a text that Spark reads as it is; one with unseen signs by its bytes."""
    if all(" " <= sign != "\x7f" for sign in written):
        return sge.Literal.string(written)
    return sge.cast(sge.func("unhex", sge.Literal.string(written.encode().hex())), sge.DataType.Type.TEXT)
