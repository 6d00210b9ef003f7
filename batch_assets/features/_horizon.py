"""The forecast horizon, which the calendar, the model and the predictions share."""

HORIZON = 14
"""The number of days to forecast."""
