"""Numbers in a locale's spelling, quickly: what Babel writes is learned from one number and done with others.

Babel takes 40 us for each, most of a table's time. What cannot be learned (other digits, groups of two) is left to it.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

Written = Callable[[Decimal], str]
# groups of three, ASCII digits; what stands around the number and in it may be anything but digits
_SHAPE: Final = r"(?P<before>\D*)1(?P<group>\D+)234(?P=group)567{}(?P<after>\D*)"
_TOO_LARGE: Final = Decimal(10) ** 15


def learned(written: Written, most: int, least: int, scale: int = 0) -> Written:
    """The same as `written`, which is slow.

    Args:
        most: decimals it writes at most; further ones are rounded half to even.
        least: decimals it writes even where they are 0.
        scale: powers of ten it multiplies by first; 2 = percent.
    """
    example = Decimal("1234567" + ("." + "1" * most if most else "")).scaleb(-scale)
    decimals = rf"(?P<point>\D)1{{{most}}}" if most else ""
    found = re.fullmatch(_SHAPE.format(decimals), written(example))
    if found is None:
        return written
    before, after, group = found["before"], found["after"], found["group"]
    point = found["point"] if most else ""

    def quick(value: Decimal) -> str:
        if value.is_signed() or value >= _TOO_LARGE:  # minus signs have their own places
            return written(value)
        whole, _, rest = f"{value.scaleb(scale):,.{most}f}".partition(".")
        while len(rest) > least and rest.endswith("0"):
            rest = rest[:-1]
        return f"{before}{whole.replace(',', group)}{point if rest else ''}{rest}{after}"

    return quick
