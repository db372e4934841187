"""A secret that is given by standard input, so that it stands in no shell's history."""

import sys

from admin.refusal import Refused


def line_of_standard_input(field: str) -> str:
    """Its first line, without the end of it.

    Raises:
        Refused: it is closed, has none, or is not UTF-8.
    """
    if sys.stdin is None:
        raise Refused(f"{field}: standard input is closed")
    try:
        line = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refused(f"{field}: standard input is not text in UTF-8") from None
    if not line:
        raise Refused(f"{field}: standard input had none")
    return line
