"""Paths that name a place in an event or its install: `properties.cart.total`, `properties.items[0].sku`, or every
element of a list, `properties.items[].sku`.
"""

import re
from functools import lru_cache
from typing import Final

ROOTS: Final = ("properties", "user", "install")
MAX_PATH_CHARS: Final = 200

_STEP: Final = re.compile(r"([^.\[\]=\x00-\x1f]{1,64})((?:\[\d{0,3}\])*)")
_INDEX: Final = re.compile(r"\[(\d{0,3})\]")

Step = str | int | None
"""A key, an index, or None for every element."""


@lru_cache(maxsize=1_000)
def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path.

    Raises:
        ValueError: it is none; the text says what one looks like.
    """
    steps: list[Step] = []
    for part in text.split("."):
        found = _STEP.fullmatch(part)
        if found is None or len(text) > MAX_PATH_CHARS:
            raise ValueError(
                f"{text[:60]!r} is not a path: write it as properties.cart.total or properties.items[].sku"
            )
        steps.append(found[1])
        steps += [int(index) if index else None for index in _INDEX.findall(found[2])]
    if steps[0] not in ROOTS or len(steps) < 2:
        raise ValueError(f"{text[:60]!r} must begin with {', '.join(f'{root}.' for root in ROOTS)}")
    return tuple(steps)
