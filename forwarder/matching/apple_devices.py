"""Apple's names for its phones and systems, as data.

SCREENS: points and scale by hardware identifier (Apple's device specifications, Human Interface Guidelines).
DARWIN: kernel to iOS version (rules of matomo/device-detector and ua-parser/uap-core). The patch level is lost.
"""

from typing import Final

_MODELS_BY_SCREEN: Final = {
    "320x568@2": "8,4",
    "375x667@2": "8,1 9,1 9,3 10,1 10,4 12,8 14,6",
    "414x736@3": "8,2 9,2 9,4 10,2 10,5",
    "375x812@3": "10,3 10,6 11,2 12,3 13,1 14,4",
    "414x896@2": "11,8 12,1",
    "414x896@3": "11,4 11,6 12,5",
    "390x844@3": "13,2 13,3 14,2 14,5 14,7 17,5",
    "428x926@3": "13,4 14,3 14,8",
    "393x852@3": "15,2 15,4 16,1 17,3",
    "430x932@3": "15,3 15,5 16,2 17,4",
    "402x874@3": "17,1 18,1 18,3",
    "440x956@3": "17,2 18,2",
    "420x912@3": "18,4",
}

SCREENS: Final = {
    f"iphone{number}": screen for screen, numbers in _MODELS_BY_SCREEN.items() for number in numbers.split()
}
"""`iphone16,1` -> `393x852@3`."""

_DARWIN_MAJOR: Final = {27: 27, 26: 27, 25: 26, 24: 18, 23: 17, 22: 16, 21: 15}
_DARWIN_EXACT: Final = {
    (20, 0): (14,), (20, 1): (14, 2), (20, 2): (14, 3), (20, 3): (14, 4), (20, 4): (14, 5), (20, 5): (14, 6),
    (20, 6): (14, 7),
    (19, 0): (13,), (19, 2): (13, 3), (19, 3): (13, 3, 1), (19, 4): (13, 4), (19, 5): (13, 5), (19, 6): (13, 6),
    (18, 0): (12,), (18, 2): (12, 1), (18, 5): (12, 2), (18, 6): (12, 3), (18, 7): (12, 4),
}  # fmt: skip


def ios_of_darwin(major: int, minor: int) -> tuple[int, ...] | None:
    """The iOS version of a kernel as far as it tells: major and minor; None for an unknown kernel."""
    if major in _DARWIN_MAJOR:
        return (_DARWIN_MAJOR[major], minor) if minor else (_DARWIN_MAJOR[major],)
    return _DARWIN_EXACT.get((major, minor))
