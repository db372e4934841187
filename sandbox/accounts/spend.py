"""What the ads of one advertiser spent, hour by hour, and how the past changes afterwards."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from sandbox.accounts.hours import LocalHour, read_hour
from sandbox.accounts.spend_row import Correction, Removal, SpendRow


class Cell(msgspec.Struct, frozen=True):
    """What a row is booked on."""

    ad_id: str
    hour: LocalHour
    country: str
    platform: str


class Amounts(msgspec.Struct):
    """What adds up."""

    spend: Decimal = Decimal(0)
    impressions: int = 0
    clicks: int = 0
    reach: list[int] = []
    """Each on its own: people reached do not add up."""
    metrics: dict[str, Decimal] = {}

    def add(self, other: "Amounts") -> None:
        self.spend += other.spend
        self.impressions += other.impressions
        self.clicks += other.clicks
        self.reach.extend(other.reach)
        for name, value in other.metrics.items():
            self.metrics[name] = self.metrics.get(name, Decimal(0)) + value


class SpendBook:
    """The rows of one advertiser by local day."""

    def __init__(self, zone: ZoneInfo, country: str) -> None:
        self._zone = zone
        self._country = country
        self._days: dict[str, dict[Cell, Amounts]] = {}

    def correct(self, correction: Correction) -> None:
        """Raises `ValueError` for an hour that does not exist, before anything is changed."""
        replacing = [(self._cell(row), row) for row in correction.set]
        adding = [(self._cell(row), row) for row in correction.add]
        removals = [(removal, self._removed_hour(removal)) for removal in correction.delete]
        for removal, hour in removals:
            self._remove(removal, hour)
        for ad_id, hour in {(cell.ad_id, cell.hour) for cell, _ in replacing}:
            self._remove(Removal(ad_id=ad_id, hour=hour.label), hour)
        for cell, row in (*replacing, *adding):
            self._days.setdefault(cell.hour.day, {}).setdefault(cell, Amounts()).add(_amounts(row))

    def add(self, rows: Iterable[SpendRow]) -> None:
        """Raises `ValueError` for an hour that does not exist."""
        self.correct(Correction(add=tuple(rows)))

    def rows(self, day: str) -> Iterator[tuple[Cell, Amounts]]:
        yield from self._days.get(day, {}).items()

    def days(self) -> list[str]:
        """Every day with rows, in order."""
        return sorted(day for day, rows in self._days.items() if rows)

    def _cell(self, row: SpendRow) -> Cell:
        return Cell(row.ad_id, read_hour(row.hour, self._zone), row.country or self._country, row.platform)

    def _removed_hour(self, removal: Removal) -> LocalHour | None:
        return read_hour(removal.hour, self._zone) if removal.hour is not None else None

    def _remove(self, removal: Removal, hour: LocalHour | None) -> None:
        day = hour.day if hour is not None else removal.day
        for rows in self._days.values() if day is None else [self._days.get(day, {})]:
            for cell in [cell for cell in rows if _fits(cell, removal, hour)]:
                del rows[cell]


def _fits(cell: Cell, removal: Removal, hour: LocalHour | None) -> bool:
    return (
        (removal.ad_id is None or cell.ad_id == removal.ad_id)
        and (removal.day is None or cell.hour.day == removal.day)
        and (hour is None or cell.hour == hour)
    )


def _amounts(row: SpendRow) -> Amounts:
    reach = row.impressions * 4 // 5 if row.reach is None else row.reach
    metrics = {name: Decimal(str(value)) for name, value in row.metrics.items()}
    return Amounts(row.spend, row.impressions, row.clicks, [reach] if reach else [], metrics)
