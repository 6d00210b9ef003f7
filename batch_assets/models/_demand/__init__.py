"""What the demand model and the demand forecast share: the frame, the baselines, the fit and the backtest."""
