"""Which days of an advertiser are asked for when. Pure: `now` is an argument, the account's own zone cuts the days."""

from datetime import date, datetime, timedelta
from typing import Final

from ledger.local_time import local_day

EVERY: Final = timedelta(hours=1)
LATE_FIGURES_EVERY: Final = timedelta(hours=6)
LATE_BY: Final = timedelta(hours=11)
"""How long after a day TikTok can place its spend in countries (its FAQ); reach takes some hours more, and is asked for
again on the days that follow."""
SPEND_SETTLES_DAYS: Final = 3
"""How long TikTok corrects spend after the day; it re-runs yesterday each morning (UTC)."""
ATTRIBUTION_DAYS: Final = 7
"""TikTok books a conversion on the day of its click: so many days back figures still grow."""
BACKFILL_DAYS: Final = 365
SPAN_DAYS: Final = 30
FIRST_RETRY: Final = timedelta(minutes=1)
LONGEST_RETRY: Final = timedelta(hours=1)


class Calendar:
    """The days of one account at one moment."""

    def __init__(self, zone: str, now: datetime, opened_at: datetime | None) -> None:
        """Raises:
        ledger.local_time.UnknownZoneError: the account has no time zone that is known.
        """
        self._zone = zone
        self._now = now
        self.today = local_day(zone, now)
        oldest = self.today - timedelta(days=BACKFILL_DAYS)
        self.oldest = min(max(oldest, local_day(zone, opened_at)), self.today) if opened_at else oldest

    def current(self, pulled_at: datetime | None, window_days: int = ATTRIBUTION_DAYS) -> date:
        """The first of the days that are asked for each hour. After an outage it lies so far back that no day is left
        out.
        """
        last = local_day(self._zone, pulled_at) if pulled_at else self.today
        first = min(last, self.today) - timedelta(days=max(window_days, SPEND_SETTLES_DAYS))
        return max(first, self.oldest)

    def placed(self) -> date:
        """The last day whose countries TikTok knows."""
        return local_day(self._zone, self._now - LATE_BY) - timedelta(days=1)

    def backfill(self, backfilled_to: date) -> tuple[date, date] | None:
        """The next span, inclusive, of the first import, which goes backwards; None when it is done."""
        last = backfilled_to - timedelta(days=1)
        if last < self.oldest:
            return None
        return max(last - timedelta(days=SPAN_DAYS - 1), self.oldest), last


def retry_after(failures: int) -> timedelta:
    """The wait after so many failures in a row: a minute doubling to an hour."""
    return min(FIRST_RETRY * (1 << min(failures - 1, 10)), LONGEST_RETRY)
