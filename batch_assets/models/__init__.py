"""Models: one file each for how a model is trained, judged and chosen. Predictions are made elsewhere."""
