"""What `sentiment_model` is made of: terms, methods, their comparison, and the scoring of reviews from a version's files."""
