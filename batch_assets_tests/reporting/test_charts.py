"""Charts are images in Markdown: well-formed, with every series and label in them."""

import base64
import datetime as dt
import re
from xml.etree import ElementTree

import pytest

from batch_assets.reporting.charts import draw
from batch_assets.table.chart import Bars, Lines


def drawn(markdown: str) -> ElementTree.Element:
    """Return the picture of a Markdown image."""
    found = re.fullmatch(r"!\[.*\]\(data:image/svg\+xml;base64,(.+)\)", markdown)
    assert found
    return ElementTree.fromstring(base64.b64decode(found[1]))


def test_a_line_chart_has_a_line_for_each_series_and_escapes_names() -> None:
    days = {dt.date(2017, 1, n): float(n) for n in (1, 2, 3)}
    picture = drawn(draw(Lines("Pieces", {"sold": days, "a < b": days})))
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert {"Pieces", "\u25a0 sold", "\u25a0 a < b", "01 Jan"} <= set(texts)


def test_a_bar_chart_has_a_bar_for_each_value() -> None:
    picture = drawn(draw(Bars("WAPE", ["first", "second"], {"model": [0.2, 0.3], "baseline": [0.25, 0.4]})))
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + 4


def test_a_chart_of_nothing_is_still_a_picture() -> None:
    assert drawn(draw(Bars("WAPE", [], {}))) is not None


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0.295, ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]),
        (3.0, ["0", "0.5", "1", "1.5", "2", "2.5", "3"]),
        (6012, ["0", "1,000", "2,000", "3,000", "4,000", "5,000", "6,000", "7,000"]),
        (9000, ["0", "2,000", "4,000", "6,000", "8,000", "10,000"]),
    ],
)
def test_the_lines_across_are_at_round_values(highest: float, labels: list[str]) -> None:
    picture = drawn(draw(Lines("Pieces", {"sold": {dt.date(2017, 1, 1): highest}})))
    assert [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text") if text.get("text-anchor") == "end"] == labels
