"""The operations of Ibis that make the same on Spark as on DuckDB: each is run on both by a test, over rows of all kinds.

A table that has another one is refused by the Spark engine. To allow one, add its name; the tests of the table and its probe, which is made from
the expression, then say whether the two engines agree, or what `ibis_private.py` must spell out.
"""

_OF_ROWS = """
    UnboundTable InMemoryTable Project Filter Aggregate Distinct DropColumns Union JoinChain JoinLink JoinReference Field SortKey Unnest
"""

_OF_VALUES = """
    Abs Add And ArgMax ArgMin Array ArrayCollect ArrayIndex ArrayIntersect ArrayLength ArraySort ArrayStringJoin Between Cast Clip Coalesce
    CountDistinct CountStar Date DateAdd DateDelta DateFromYMD DateSub DayOfWeekIndex Divide Equals ExtractEpochSeconds ExtractYear Floor FloorDivide
    Greater GreaterEqual Greatest HexDigest IdenticalTo IfElse InValues IntervalFromInteger IsNull Lag Lead Least Less LessEqual Literal Lowercase Max
    Min Multiply Negate Not NotEquals NotNull NullIf Or Power Quantile RegexExtract RegexReplace RegexSearch Round RowNumber SearchedCase Sqrt
    StringConcat StringContains StringFind StringJoin StringLength StringReplace StringSplit Strip StructColumn StructField Substring Subtract Sum
    TimestampAdd TimestampSub TryCast Uppercase WindowFunction
"""

_OF_DUCKDB = """
    nfc_normalize regexp_extract_all strip_accents
"""
"""Functions that DuckDB has and Ibis has not."""

ALIKE = frozenset(f"{_OF_ROWS}{_OF_VALUES}{_OF_DUCKDB}".split())
