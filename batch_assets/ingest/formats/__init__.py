"""How the bytes of a raw file become rows: a module for each format, and what they have in common (`format.py`; of lines, `lines.py`)."""
