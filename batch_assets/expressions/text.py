"""Strict parsing of text, alike on every engine: with a plain cast, one engine rounds `1.5` and another rejects it."""

import ibis
import ibis.expr.types as ir


def whole_number(text: ir.StringColumn) -> ir.IntegerColumn:
    """Parse a whole number of at most 18 digits; null if the text is anything else."""
    return _if_written(text, r"^-?\d{1,18}$").try_cast("int64")


def cents(dollars: ir.StringColumn, decimal: str = ".") -> ir.IntegerColumn:
    """Parse a dollar amount with at most two decimals, after a point or another `decimal` sign, as whole cents; null if the text is anything else."""
    written = _if_written(dollars, rf"^-?\d{{1,12}}([{decimal}]\d{{1,2}})?$")
    return ((written if decimal == "." else written.replace(decimal, ".")).try_cast("decimal(18, 2)") * 100).cast("int64")


def iso_date(text: ir.StringColumn) -> ir.DateColumn:
    """Parse a date such as `2017-12-24`; null if the text is anything else, or no day of the calendar."""
    return _if_written(text, r"^\d{4}-\d\d-\d\d$").try_cast("date")


def dotted_date(text: ir.StringColumn) -> ir.DateColumn:
    """Parse a date with the day first, `24.12.2017`; null if the text is anything else, or no day of the calendar."""
    written = _if_written(text, r"^\d\d\.\d\d\.\d{4}$")
    return (written.substr(6, 4) + "-" + written.substr(3, 2) + "-" + written.substr(0, 2)).try_cast("date")


def utc_time(text: ir.StringColumn) -> ir.TimestampColumn:
    """Parse an ISO 8601 UTC time, to the second; null if the text is anything else."""
    return _if_written(text, r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$").substr(0, 19).try_cast("timestamp")


def _if_written(text: ir.StringColumn, pattern: str) -> ir.StringColumn:
    return ibis.ifelse(text.re_search(pattern), text, ibis.null("string"))
