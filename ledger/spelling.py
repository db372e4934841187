"""How texts and ids are spelled in the ledger, so that the same id is found however it was written."""

import re

# no blanks to `strip`, and as invisible: zero-width ones, marks of direction, the byte order mark
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# RFC 9562, also as .NET ({...}) and URNs write it
_UUID = re.compile(
    r"(?:\{|urn:uuid:)?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?|([0-9A-Fa-f]{32})", re.IGNORECASE
)
_UUID_LENGTHS = frozenset({32, 36})
_LONG_UUID_LENGTHS = frozenset({38, 45})  # in braces, as a URN


def clean_text(text: str) -> str:
    """Without control characters, NUL and lone surrogates: PostgreSQL refuses some, and no id, name or log needs
    one.
    """
    return text if text.isprintable() else _CONTROL.sub("", text)


def trimmed(text: str) -> str:
    """Without blanks around it, those among them that are not seen."""
    text = text.strip()
    return text if text.isascii() else text.strip(_INVISIBLE).strip()


def canonical(text: str) -> str:
    """An id without what is no part of it: control characters, blanks around it, the case of a UUID."""
    text = clean_text(text).strip()
    if not text.isascii():
        text = trimmed(text)
    length = len(text)
    if length in _LONG_UUID_LENGTHS or (length in _UUID_LENGTHS and not text.islower()):
        match = _UUID.fullmatch(text)
        return (match[1] or match[2]).lower() if match is not None else text
    return text
