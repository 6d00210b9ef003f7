"""The APIs of a graph: those in its package's folder `landing`, found by their file."""

from importlib import import_module

from ..errors import DefinitionError
from .api import Api


def api(graph: str, name: str) -> Api:
    """Return an API by its name.

    Raises:
        DefinitionError: there is none of that name.
    """
    try:
        found = getattr(import_module(f"{graph}.landing.{name}"), name, None)
    except ModuleNotFoundError:
        found = None
    if not isinstance(found, Api):
        raise DefinitionError(f"there is no API {name}: it would be the variable {name} of the module {graph}/landing/{name}.py.")
    return found
