"""A fault, or kill -9, at the k-th thing that a lander asks of the file system, or of what it lands from."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_ON_FILES = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"))


@contextmanager
def a_fault(at: int, kills: bool, *besides: tuple[Any, str]) -> Iterator["itertools.count[int]"]:
    """Kill the process before the k-th step is done, or let it fail after it; yield the number of the step that is next."""
    numbers = itertools.count(1)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            is_it = next(numbers) == at
            if is_it and kills:
                os.kill(os.getpid(), signal.SIGKILL)
            done = function(*args, **kwargs)
            if is_it:
                raise OSError("No space left on device")
            return done

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (*_ON_FILES, *besides):
            patch.setattr(owner, name, around(getattr(owner, name)))
        yield numbers
