"""How far ahead demand is forecast: calendar, model and predictions share this number, and nothing else with it."""

HORIZON = 14
"""Days ahead that are forecast."""
