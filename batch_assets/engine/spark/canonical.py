"""The canonical text of a row, as defined in `content.py`, and the words of its hash, as Spark's SQL, so that no row leaves Spark for its hash.

Spark's SQL has no function for the bits of a float, so they are computed, by exact arithmetic, in SQL that also works inside arrays.
"""

import datetime
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from ...content import WORDS, batch_hash, check_canonical

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def contents(rows: "DataFrame", schema: ibis.Schema) -> dict[datetime.date, tuple[int, str]]:
    """Return, by batch day of a frame with these columns, the number of rows and the content hash.

    Raises:
        DefinitionError: a column has a type without a canonical text.
    """
    sums = [f"sum({word}) as word{number}" for number, word in enumerate(row_words())]
    hashed = rows.selectExpr("batch_date", f"md5({_row_text(schema)}) as digest").groupBy("batch_date")
    from pyspark.sql.functions import expr

    found = hashed.agg(*map(expr, ["count(*) as count", *sums])).toArrow().to_pylist()
    return {row["batch_date"]: (row["count"], batch_hash(schema, row["count"], [row[f"word{number}"] for number in range(WORDS)])) for row in found}


def row_words() -> list[str]:
    """Return SQL expressions for the four hash words of a row's `digest`: four bytes each, the lowest first."""
    return [f"cast(conv(concat({', '.join(f'substr(digest, {8 * word + place}, 2)' for place in (7, 5, 3, 1))}), 16, 10) as bigint)" for word in range(WORDS)]


def _row_text(schema: ibis.Schema) -> str:
    texts = ", '|', ".join(_column_text(name, schema[name]) for name in sorted(schema.names))
    return f"concat({texts})"


def _column_text(name: str, kind: dt.DataType) -> str:
    check_canonical(name, kind)
    return _or_null(_text(f"`{name}`", kind, 0))


def _text(value: str, kind: dt.DataType, depth: int) -> str:
    match kind:
        case dt.String():
            return f"concat(cast(char_length({value}) as string), ':', {value})"
        case dt.Floating():
            return _bits(f"cast({value} as double)")
        case dt.Timestamp():
            return f"cast(unix_micros(cast({value} as timestamp)) as string)"
        case dt.Integer() | dt.Decimal() | dt.Boolean() | dt.Date():
            return f"cast({value} as string)"
        case dt.Array():
            element = f"element{depth}"
            texts = f"transform({value}, {element} -> {_or_null(_text(element, kind.value_type, depth + 1))})"
            return f"case when {value} is not null then concat(cast(size({value}) as string), '[', array_join({texts}, '|'), ']') end"
        case dt.Struct():
            members = ", '|', ".join(_or_null(_text(f"{value}.`{name}`", kind.fields[name], depth)) for name in sorted(kind.names))
            return f"case when {value} is not null then concat('{{', {members}, '}}') end"
        case _:
            raise TypeError(kind)


def _bits(x: str) -> str:
    """Return SQL for the 64 bits of a double, with negative zero as zero."""
    size, power = f"abs({x})", "power(2D, {})".format
    # The logarithm is rounded, so its floor may be one too much or too little.
    guess = f"cast(floor(log2({size})) as int)"
    right = f"(case when {power(guess)} > {size} then {guess} - 1 when {power(f'{guess} + 1')} <= {size} then {guess} + 1 else {guess} end)"
    normal = f"concat({_binary(f'{right} + 1023', 11)}, {_binary(f'({size} / {power(right)} - 1D) * {power(52)}', 52)})"
    subnormal = f"concat(repeat('0', 11), {_binary(f'{size} * {power(537)} * {power(537)}', 52)})"
    infinite = "concat(repeat('1', 11), repeat('0', 52))"
    sign = f"case when {x} < 0 then '1' else '0' end"
    return (
        f"case when {x} is null then cast(null as string) when {x} = 0 then repeat('0', 64) when isnan({x}) then concat('0', repeat('1', 12), repeat('0', 51)) "
        f"when {size} = cast('Infinity' as double) then concat({sign}, {infinite}) "
        f"when {size} < {power(-1022)} then concat({sign}, {subnormal}) else concat({sign}, {normal}) end"
    )


def _binary(number: str, digits: int) -> str:
    return f"lpad(bin(cast({number} as bigint)), {digits}, '0')"


def _or_null(text: str) -> str:
    return f"coalesce({text}, '~')"
