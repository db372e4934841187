"""Standard output of a command, which may be closed, full or of another encoding than ours."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Final

_CANNOT_TAKE_IT: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


@contextmanager
def standard_output() -> Iterator[None]:
    """The block's answer is written, or a sentence says that it was not, with exit status 1.

    What a locale has no character for is spelled out. A reader that went away, as `head` does, is no news.
    """
    if sys.stdout is None:  # closed by whoever calls; what is done counts all the same
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE and (error.errno not in _CANNOT_TAKE_IT or error.filename):
            raise
        if error.errno != errno.EPIPE:
            _say(f"standard output cannot be written ({error.strerror}): what was asked for is done, its answer lost")
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - or the interpreter tries again at its end
        raise SystemExit(1) from None


def _say(sentence: str) -> None:
    with suppress(OSError, AttributeError):  # standard error may be full or closed as well
        sys.stderr.write(f"{sentence}\n")
