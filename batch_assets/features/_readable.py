"""Which reviews are read for their sentiment."""

LANGUAGES = ("en", "unknown")
"""The languages that are read; a text without any common word is read as English, and judged by whether its words are known."""

LEAST_WORDS = 5
"""A text of fewer words is too short to be judged."""
