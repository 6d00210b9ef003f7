"""Lines come in pieces of few, so that a file of very short ones needs no more memory than others."""

import io

import pytest

from batch_assets.ingest.formats import lines


@pytest.mark.parametrize("at_once", [1, 3, 10, 11])
@pytest.mark.parametrize("end", [b"", b"x"], ids=["ended", "cut off"])
def test_no_piece_has_more_lines_than_may_be_at_once_and_none_is_lost(monkeypatch: pytest.MonkeyPatch, at_once: int, end: bytes) -> None:
    monkeypatch.setattr(lines, "LINES_AT_ONCE", at_once)
    content = b"".join(b"%d\n" % number for number in range(10)) + end
    pieces = list(lines._whole_lines(io.BytesIO(lines.BOM + content)))
    assert b"".join(pieces) == content
    assert max(piece.count(b"\n") for piece in pieces) == min(at_once, 10)
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
