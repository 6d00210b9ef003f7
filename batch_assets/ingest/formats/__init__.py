"""How the lines of a raw file become rows: a module for each format, and what they have in common (`lines.py`)."""
