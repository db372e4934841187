"""JSON with half a surrogate pair in a text: `"Ann \\ud83d"`, where a program cut an emoji in two.

It is JSON by RFC 8259 (section 8.2), and no decoder of ours takes it: the half becomes U+FFFD, and the rest is read.
"""

import re

_REPLACEMENT = rb"\ufffd"
# a whole pair, half of one, or any other escape, so that the second backslash of `\\\\` begins nothing
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)


def repaired(raw: bytes) -> bytes | None:
    """The same JSON with U+FFFD in the place of each half; None where it has none, so that it is broken otherwise.

    Halves that were written as bytes (a pair so written is CESU-8) are read, too.
    """
    text = raw
    if not _is_utf8(raw):
        try:
            pairs = raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
        except UnicodeDecodeError:
            return None
        text = pairs.decode("utf-16-le", "replace").encode()
    mended = _ESCAPES.sub(lambda match: _REPLACEMENT if match[1] else match[0], text)
    return mended if mended != raw else None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
