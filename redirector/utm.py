"""The utm_* parameters a visit brings besides TikTok's macros."""

import re
from urllib.parse import unquote_to_bytes

from clicks.macros import clean_text, is_unexpanded, pairs_of

MAX_PARAMETERS = 10
MAX_VALUE_CHARS = 100
_NAME = re.compile(rb"utm_[a-z_]{1,24}")


def read_utm(query: bytes) -> dict[str, str]:
    """Name -> value, the first real value of each; unexpanded macros and empty values are left out. Never raises."""
    found: dict[str, str] = {}
    if b"utm_" not in query:
        return found
    for pair in pairs_of(query):
        raw_name, _, raw_value = pair.partition(b"=")
        name = raw_name.decode("latin-1")
        if not _NAME.fullmatch(raw_name) or name in found or len(found) == MAX_PARAMETERS:
            continue
        text = unquote_to_bytes(raw_value.replace(b"+", b" ")).decode("utf-8", "replace")
        value = clean_text(text).strip()[:MAX_VALUE_CHARS]
        if value and not is_unexpanded(value):
            found[name] = value
    return found
