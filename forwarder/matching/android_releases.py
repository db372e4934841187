"""Android's releases by the API level that some SDKs give instead: `Build.VERSION.SDK_INT`, React Native's
`Platform.Version`. Source: developer.android.com, "SDK platform release notes".
"""

from typing import Final

FIRST_LEVEL: Final = 21
"""Lower numbers are releases: no app of today runs on API level 20, and no release has reached 21."""
_RELEASES: Final = {
    21: 5, 22: 5, 23: 6, 24: 7, 25: 7, 26: 8, 27: 8, 28: 9, 29: 10, 30: 11, 31: 12, 32: 12, 33: 13, 34: 14, 35: 15,
    36: 16, 37: 17,
}  # fmt: skip
_OLDEST: Final = 4


def android_release(number: int) -> int | None:
    """14 of 14 and of 34; None for what is neither a release nor a level, such as the 1 of the build `UP1A.231005`."""
    if number >= FIRST_LEVEL:
        return _RELEASES.get(number)
    return number if number >= _OLDEST else None
