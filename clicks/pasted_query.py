"""A query string whose separators were bent on the way: HTML's `&amp;`, a second `?`, a semicolon.

Links are pasted through web pages, mails and tools that append `?ttclid=` to whatever URL they are given. `&amp;` is
never part of a value, because a value's own `&` arrives encoded. The others may be, so they separate only where one of
our own parameters follows; a value that says `what?` or holds a `;` stays as it is.
"""

import re

from clicks.macros import MACRO_PARAMETERS

_NAMES = "|".join((*MACRO_PARAMETERS, "ttclid")).encode()
_ENTITY = rb"(?:amp|#38|#[xX]26)(?:;|%3[bB])"
_BENT = re.compile(
    rb"&(?:" + _ENTITY + rb")+"
    rb"|(?:\?|%3[fF]|;|%26(?:amp|%2338)(?:;|%3[bB]))(?=(?:" + _NAMES + rb")=)"
)


def straightened(query: bytes) -> bytes:
    """The query with `&` between its parameters; the very same bytes where nothing was bent."""
    if b";" not in query and b"?" not in query and b"%3" not in query:
        return query
    return _BENT.sub(b"&", query)
