"""The tests. This tree mirrors the package, and adds the laws that every table must obey."""
