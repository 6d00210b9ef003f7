"""A graph of the tests' own: pieces counted on a shop's shelves. The machine and its laws are tested on it, whatever the project's graph is.

It has every form that a source or a table can have: several files a day with a manifest, Parquet, rejects, look-backs,
an aggregate that conserves, arrays and structs, a generator, a model that is trained weekly, and a map.
"""

PACKAGE = __name__
"""What the setting `graph` names to work with it."""
