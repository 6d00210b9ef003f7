"""Delta tables as a store."""
