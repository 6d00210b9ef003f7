"""Sales: till lines, each once. A line that was sent before, on the same day or an earlier one, is rejected with the place where it was first."""

import ibis
import ibis.expr.types as ir
from ibis import _

from ..table.table import table
from .till_lines import MOST_DAYS_LATE, TillLines

_LINE = ["sold_on", "store_id", "receipt_id", "line_no"]
"""What makes a line the same as another: numbers of receipts may begin again on the next day, and in each store."""

_PLACE = ("batch_date", "source_file", "source_line")


class SalesLines(TillLines):
    """Receipt lines, each once."""

    class Config:
        """One row per line of a store's receipt of a day."""

        unique = ["batch_date", *_LINE]


@table(contract=SalesLines, sifts="till_lines", lookback={"till_lines": MOST_DAYS_LATE}, measure="amount_cents")
def sales_lines(days: ir.Table, till_lines: ir.Table) -> ir.Table:
    """Till lines without repeats. Grain: one row per sold_on, store_id, receipt_id and line_no.

    Lines of one day of sale arrive within the look-back, so the first of them is always among those that are read, and later ones change nothing.
    """
    asked = till_lines.semi_join(days, "batch_date")
    several = till_lines.semi_join(asked, _LINE).group_by(_LINE).agg(times=_.count()).filter(_.times > 1)
    # The first of several is looked for among these alone: for each line there is, an engine would keep a place in memory that no limit of its own counts.
    sent = till_lines.semi_join(several, _LINE)
    sent_again = sent.group_by(_LINE).agg(first=ibis.struct({name: sent[name] for name in _PLACE}).min())
    lines = asked.left_join(sent_again, _LINE).select(asked, sent_again.first)
    is_first = lines.first.isnull() | ibis.and_(*(lines[name] == lines.first[name] for name in _PLACE))
    told = ibis.literal("the line was sent before: ") + lines.first.source_file + ", line " + lines.first.source_line.cast("string")
    return lines.mutate(reject_reason=ibis.ifelse(is_first, None, told)).drop("first")
