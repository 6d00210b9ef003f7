"""Prose is cleaned and masked, and no text stalls it."""

import time

import ibis
import pytest

from batch_assets.expressions.prose import masked, plain


def of(text: str) -> str | None:
    """Return a text, cleaned and masked."""
    table = ibis.memtable({"text": [text]})
    made: list[str | None] = ibis.duckdb.connect().to_pyarrow(masked(plain(table.text)).name("text")).to_pylist()
    return made[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good,<br />but  dear", "Good, but dear"),
        ("I &lt;3 &quot;it&quot; &amp; it&#39;s 5 &lt; 6", 'I <3 "it" & it\'s 5 < 6'),
        ("It\u2019s \u201cfine\u201d", 'It\'s "fine"'),
        ("a\x00b\x1b[31mc\x07\u200b\ufeff d\u2028e", "a bc d e"),
        ("Cafe\u0301\u00a0au lait", "Caf\u00e9 au lait"),
        ("3 < 4 and 5 > 4", "3 4"),
        ("<br />\u200b", None),
        ("Great \U0001f44d\U0001f3fd", "Great \U0001f44d\U0001f3fd"),
    ],
)
def test_text_is_cleaned(text: str, expected: str | None) -> None:
    assert of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to rene.roy+x@mail.example.com.", "Write to [email]."),
        ("See https://example.com/a?b=c#d now", "See [link] now"),
        ("or WWW.example.com", "or [link]"),
        ("Call (555) 010-4242, or +49 30 1234567", "Call [number], or [number]"),
        ("Call 555-0142 today", "Call [number] today"),
        ("Send it to 12 Elm Street, 08772.", "Send it to [address]."),
        ("I live at 7b O'Neil Park Ave", "I live at [address]"),
        ("ZIP 08772", "ZIP [number]"),
        ("100 bags at 12.50, in 2017, 5 stars, 12 of 24", "100 bags at 12.50, in 2017, 5 stars, 12 of 24"),
        ("me @ home, 2 Street dogs", "me @ home, 2 Street dogs"),
    ],
)
def test_where_somebody_can_be_found_is_masked(text: str, expected: str) -> None:
    assert of(text) == expected


@pytest.mark.parametrize("bit", ["<", "a@", "1 ", "12 Elm ", "&amp;", "<b", "5-", "x.", "http://", "\x1b[", " "])
def test_no_text_stalls_it(bit: str) -> None:
    started = time.process_time()
    of(bit * (50_000 // len(bit)))
    assert time.process_time() - started < 1
