"""Text to numbers, strictly and alike on every engine: a cast alone rounds `1.5` on one and refuses it on another."""

import ibis
import ibis.expr.types as ir


def whole_number(text: ir.StringColumn) -> ir.IntegerColumn:
    """Return text that is written as a whole number of at most 18 digits; null if it is not."""
    return _if_written(text, r"^-?\d{1,18}$").try_cast("int64")


def cents(dollars: ir.StringColumn) -> ir.IntegerColumn:
    """Return dollars, written with at most two decimals, as whole cents; null if they are not written so."""
    return (_if_written(dollars, r"^-?\d{1,12}(\.\d{1,2})?$").try_cast("decimal(18, 2)") * 100).cast("int64")


def utc_time(text: ir.StringColumn) -> ir.TimestampColumn:
    """Return a time that is written as ISO 8601 in UTC, to the second; null if it is not."""
    return _if_written(text, r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$").substr(0, 19).try_cast("timestamp")


def _if_written(text: ir.StringColumn, pattern: str) -> ir.StringColumn:
    return ibis.ifelse(text.re_search(pattern), text, ibis.null("string"))
