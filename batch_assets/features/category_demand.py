"""What is known of each category's demand at the end of the batch day: exact sums over the days that lead up to it."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..contract import Contract, Field
from ..table import table

LOOK_BACK = 91
WINDOWS = (7, 14, 28, 56, 91)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOT_DEMAND = ("COUPON/MISC ITEMS", "COUPON", "FUEL", "NOT IN CATALOGUE")
