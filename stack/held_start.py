"""A child that loads its code while what it stands on is made ready, and begins when it is told to: by a pipe.

What comes through the pipe is the environment that was not known when the child was started.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

HELD_FD = "SIGNALPOST_HELD_FD"


class Hold:
    """The side of whoever starts the child, which inherits `reading` and finds its number under HELD_FD."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()

    def started(self) -> None:
        """The child has its end: ours goes, so that writing to a child that ended is an error and no wait."""
        os.close(self.reading)

    def release(self, environment: Mapping[str, str]) -> None:
        """Let the child begin, with this added to its environment; one that has ended meanwhile is nobody's error."""
        with suppress(BrokenPipeError), open(self._writing, "wb") as pipe:
            pipe.write(json.dumps(dict(environment)).encode())

    def give_up(self) -> None:
        """The child is not to begin any more: it ends."""
        os.close(self._writing)


def is_held() -> bool:
    """Whether whoever started this process will tell it when to begin."""
    return os.environ.get(HELD_FD, "").isdigit()


def await_release() -> None:
    """Where this process is held, return when it may begin.

    Raises:
        SystemExit: whoever started it has ended, or wants nothing of it any more.
    """
    text = os.environ.pop(HELD_FD, "")
    if not text.isdigit():
        return
    with open(int(text), "rb") as pipe:
        told = pipe.read()
    if not told:
        sys.exit(0)
    os.environ.update(json.loads(told))
