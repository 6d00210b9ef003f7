"""The streams of a graph: those in its package's folder `streams`, found by their file."""

from importlib import import_module

from .stream import Landed


def stream(graph: str, name: str) -> Landed | None:
    """Return a stream by its name; None if there is none of that name."""
    try:
        found = getattr(import_module(f"{graph}.streams.{name}"), name, None)
    except ModuleNotFoundError:
        return None
    return found if isinstance(found, Landed) else None
