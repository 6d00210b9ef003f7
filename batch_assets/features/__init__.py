"""Features: what is known as of the end of a batch day, one file a feature table. Nothing here has seen a later day."""
