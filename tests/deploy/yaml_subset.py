"""As much of YAML as the files of `deploy/` use: mappings and lists by indentation, JSON's lists, scalars.

No YAML library is among our dependencies, and a file that needs more than this is simpler to write than to support.
"""

import json
import re
from typing import Any

_PAIR = re.compile(r"([A-Za-z_][\w.-]*):(?:\s+(.*))?$")


def read_yaml(text: str) -> Any:
    """The document; raises ValueError for what is not of the subset."""
    lines = [
        (len(line) - len(line.lstrip(" ")), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines, lines[0][0])
    if rest:
        raise ValueError(f"cannot be read: {rest[0][1]}")
    return value


Lines = list[tuple[int, str]]


def _block(lines: Lines, indent: int) -> tuple[Any, Lines]:
    return _list(lines, indent) if lines[0][1].startswith("- ") else _mapping(lines, indent)


def _list(lines: Lines, indent: int) -> tuple[list[Any], Lines]:
    items: list[Any] = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        first = lines[0][1][2:]
        if _PAIR.match(first):
            item, lines = _mapping([(indent + 2, first), *lines[1:]], indent + 2)
        else:
            item, lines = _scalar(first), lines[1:]
        items.append(item)
    return items, lines


def _mapping(lines: Lines, indent: int) -> tuple[dict[str, Any], Lines]:
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        pair = _PAIR.match(lines[0][1])
        if pair is None or pair[1] in found:
            raise ValueError(f"cannot be read, or said twice: {lines[0][1]}")
        name, text, lines = pair[1], pair[2], lines[1:]
        if text:
            found[name] = _scalar(text)
        elif lines and lines[0][0] > indent:
            found[name], lines = _block(lines, lines[0][0])
        else:
            found[name] = None
    return found, lines


def _scalar(text: str) -> Any:
    if text[0] in '["{':
        return json.loads(text)
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if re.search(r"\s#|: ", text):
        raise ValueError(f"quotes are missing: {text}")
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)
