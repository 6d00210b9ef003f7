"""Raw sources, one module each: which file a day has, and what its fields mean. Nothing is parsed here."""
