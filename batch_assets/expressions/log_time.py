"""Times as web servers write them, `05/May/2017:14:03:00 -0400`, as an expression that every engine computes alike."""

import ibis
import ibis.expr.types as ir

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = rf"^[0-3]\d/({'|'.join(_MONTHS)})/\d{{4}}:([01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-]([01]\d|2[0-3])[0-5]\d$"


def log_time(text: ir.StringColumn) -> ir.TimestampColumn:
    """Parse the time of the common log format as UTC; null if the text is anything else, or no time of the calendar."""
    written = ibis.ifelse(text.re_search(_WRITTEN), text, ibis.null("string"))
    month = ibis.cases(*((written.substr(3, 3) == name, f"{number:02}") for number, name in enumerate(_MONTHS, 1)))
    local = (written.substr(7, 4) + "-" + month + "-" + written.substr(0, 2) + " " + written.substr(12, 8)).try_cast("timestamp")
    minutes = written.substr(22, 2).try_cast("int64") * 60 + written.substr(24, 2).try_cast("int64")
    return local - (ibis.ifelse(written.substr(21, 1) == "-", -1, 1) * minutes).as_interval("m")
