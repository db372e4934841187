"""Hours of an account's local time, as TikTok's reports name them: no offset, `2026-10-25 01:00:00`."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

_LOCAL = re.compile(r"\d{4}-\d\d-\d\d \d\d:00:00")


class LocalHour(msgspec.Struct, frozen=True, order=True):
    """One hour. `fold` is 1 for the second of the two that have one name, when clocks go back."""

    label: str
    fold: int = 0

    @property
    def day(self) -> str:
        return self.label[:10]

    def starts_at(self, zone: ZoneInfo) -> float:
        """Unix seconds."""
        local = datetime.strptime(self.label, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone, fold=self.fold)
        return local.timestamp()


def hour_at(seconds: float, zone: ZoneInfo) -> LocalHour:
    """The hour that holds an instant, given in Unix seconds."""
    local = datetime.fromtimestamp(seconds, zone)
    return LocalHour(local.strftime("%Y-%m-%d %H:00:00"), local.fold)


def read_hour(text: str, zone: ZoneInfo) -> LocalHour:
    """`2026-10-25 01:00:00` in the zone, or with an offset behind it. Raises `ValueError` where there is no such hour.

    When clocks go forward the hour they skip does not exist; when they go back the bare name means the first of two.
    """
    if _LOCAL.fullmatch(text) is None:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError("neither `YYYY-MM-DD HH:00:00` nor a time with an offset")
        return hour_at(instant.timestamp(), zone)
    naive = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - its zone is set in the next line
    there_and_back = naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != naive:
        raise ValueError("this hour does not exist: clocks go forward over it")
    return LocalHour(text)
