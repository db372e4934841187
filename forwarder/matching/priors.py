"""What is assumed before anything was learned; the numbers and their sources are in docs/matching.md."""

from typing import Final

AD_INSTALLS: Final = 10.0
"""Installs per platform that are assumed to come from a click behind their address, ..."""
OTHER_INSTALLS: Final = 15.0
"""... and that are assumed not to."""
APP_STRENGTH: Final = 50.0
"""How many installs the whole counts for against an app's own."""
VALUE_STRENGTH: Final = 40.0
"""How many installs a prior share counts for against the learned one."""

REACH: Final = 0.8
"""Ad installs that open behind the address of their click, where carriers and homes are mixed."""

# The expected share of one value, by group; `*` is a value nobody named. OS shares: Apple and Android reports of 2026.
SHARES: Final[dict[str, dict[str, float]]] = {
    "os:ios": {"*": 0.10},
    "os:android": {"16": 0.33, "15": 0.20, "14": 0.16, "13": 0.12, "12": 0.07, "11": 0.05, "10": 0.03, "*": 0.02},
    "form:ios": {"iphone": 0.93, "ipad": 0.07, "*": 0.5},
    "model": {"*": 0.006},
    "screen": {
        "393x852@3": 0.22, "390x844@3": 0.22, "402x874@3": 0.10, "440x956@3": 0.09, "430x932@3": 0.10,
        "428x926@3": 0.07, "414x896@2": 0.07, "375x812@3": 0.05, "375x667@2": 0.03, "414x896@3": 0.02, "*": 0.02,
    },
    "device": {"*": 0.5},
    "time_zone": {"*": 0.7},
    "language": {"*": 0.7},
}  # fmt: skip
UNKNOWN_SHARE: Final = 0.5
"""Of a value in a group that is not named: agreeing is worth a bit at most, until its shares are learned."""


def expected_share(group: str, value: str) -> float:
    """The share of a value in its group; a group of one country (`time_zone:US`) is its kind's."""
    shares = SHARES.get(group) or SHARES.get(group.partition(":")[0]) or {}
    return shares.get(value, shares.get("*", UNKNOWN_SHARE))
