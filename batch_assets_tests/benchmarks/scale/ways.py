"""The ways in which a day is made: which engine, which store, and the processes that stand ready for it.

Belongs here: what a process needs to be told for each. Does not belong here: what is measured.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...engine.spark.cluster.processes import QUICK, Cluster, of_whole_spark

FILE, DELTA, LOCAL, STANDALONE = "file", "delta", "local", "standalone"
WAYS = {
    FILE: "DuckDB, DuckDB file",
    DELTA: "DuckDB, Delta tables",
    LOCAL: "Spark in one JVM, Delta tables",
    STANDALONE: "Spark's cluster, Delta tables",
}
CORES = 2
"""The workers of the cluster have one each; a JVM of its own has as many tasks at once."""


@dataclass(frozen=True)
class Ready:
    """What stands ready for a process that makes a day.

    Attributes:
        told: variables of its environment.
        others: the processes that will work for it, and are there already.
    """

    told: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[int] = ()


@contextmanager
def ready(way: str, folder: Path, cores: int = CORES, *, kept_apart: bool = False) -> Iterator[Ready]:
    """Start what a way needs, in a folder of its own, and end it; workers that are kept apart have one of the machine's cores each."""
    if way == STANDALONE:
        cluster = Cluster(folder, cores, kept_apart=kept_apart)
        try:
            yield Ready(_spark(cluster.address, folder), cluster.processes())
        finally:
            cluster.stop()
    elif way == LOCAL:
        java = {"SPARK_LOCAL_DIRS": str(folder / "local"), "JDK_JAVA_OPTIONS": QUICK}
        yield Ready(
            {
                **_spark(f"local[{cores}]", folder),
                **of_whole_spark({}),
                **java,
                "BATCH_ASSETS_SPARK_OPTIONS": '{"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}',
            }
        )
    else:
        yield Ready()


def _spark(address: str, folder: Path) -> dict[str, str]:
    return {"BATCH_ASSETS_ENGINE": "spark", "BATCH_ASSETS_SPARK": address, "BATCH_ASSETS_STAGING": str(folder / "staging")}
