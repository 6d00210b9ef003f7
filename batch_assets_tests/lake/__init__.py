"""Tests of this lake: what writes it (`writer.py`, `history.py`), and the laws on the graph over it. Replaced with the graph."""
