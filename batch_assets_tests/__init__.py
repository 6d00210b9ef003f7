"""Tests: this tree mirrors the package, and adds the laws that hold for every table."""
