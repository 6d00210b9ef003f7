"""Shared by the demand model and the demand forecast: the frame, the baselines, fitting and backtesting."""
