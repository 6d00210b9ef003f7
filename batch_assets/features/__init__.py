"""Features: what is known as of the end of a batch day, one module per table. No look-ahead: later days are never used."""
