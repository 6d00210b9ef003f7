"""Text from data in Markdown is shown as it stands."""

import pytest

from batch_assets.reporting.markdown import as_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SOFT DRINKS 2-ply, 3.5%", "SOFT DRINKS 2-ply, 3.5%"),
        ("a|b", r"a\|b"),
        ("a\nb\r\n\n# c", r"a b \# c"),
        ("<img src=x onerror=alert(1)>", r"\<img src=x onerror=alert\(1\)\>"),
        ("![](http://example.org/x.png)", r"\!\[\]\(http\://example.org/x.png\)"),
        ("www.example.org a@example.org", r"www\.example.org a\@example.org"),
        ("*b* _i_ `c` ~d~ \\| $e$ &amp;", r"\*b\* \_i\_ \`c\` \~d\~ \\\| \$e\$ \&amp;"),
        ("a\u202egnp\x00\u2028b", "a gnp b"),
    ],
)
def test_no_mark_of_markdown_is_one(text: str, shown: str) -> None:
    assert as_text(text) == shown
