"""Models: one module each, for how a model is trained, evaluated and selected. Predictions are made elsewhere."""
