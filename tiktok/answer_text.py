"""JSON as TikTok answers it, names included that people gave: where a tool cut one in the middle of an emoji, half a
surrogate pair is left.

It is JSON by RFC 8259 (section 8.2), and msgspec does not take it: one name of one ad would hide a whole account.
"""

import json
from typing import Any

import msgspec


def read_json(body: bytes) -> Any:
    """The value in `body`. Half a surrogate pair, and a byte that is no UTF-8, is read as U+FFFD.

    Raises:
        ValueError: it is no JSON, or torn.
        RecursionError: it is nested too deeply.
    """
    try:
        return msgspec.json.decode(body)
    except ValueError:
        return _whole(json.loads(body.decode("utf-8", "replace"), parse_constant=_no_json))


def storable(value: Any) -> Any:
    """The same without NUL, which PostgreSQL takes in no text."""
    match value:
        case str():
            return value.replace("\x00", "")
        case list():
            return [storable(one) for one in value]
        case dict():
            return {storable(name): storable(one) for name, one in value.items()}
    return value


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {_whole(name): _whole(one) for name, one in value.items()}
    return value


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
