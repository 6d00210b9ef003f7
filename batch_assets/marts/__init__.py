"""Marts: cleaned, typed tables of what happened, one module each. No features and no predictions."""
