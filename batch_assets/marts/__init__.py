"""Marts: cleaned, typed tables that say what happened, one file each. What the rows are, not what they predict."""
