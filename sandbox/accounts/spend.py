"""What the ads of one advertiser spent, hour by hour, and how the past changes afterwards."""

from collections.abc import Iterator
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


_Slot = tuple[str, LocalHour]


class SpendBook:
    """The rows of one advertiser, by local day and then by ad and hour."""

    def __init__(self, zone: ZoneInfo, country: str) -> None:
        self._zone = zone
        self._country = country
        self._days: dict[str, dict[_Slot, dict[Cell, Amounts]]] = {}

    def correct(self, correction: Correction) -> None:
        """Raises `ValueError` for an hour that does not exist, before anything is changed."""
        replacing = [(self._cell(row), row) for row in correction.set]
        adding = [(self._cell(row), row) for row in correction.add]
        removals = [(removal, self._removed_hour(removal)) for removal in correction.delete]
        for removal, hour in removals:
            self._remove(removal, hour)
        for cell, _ in replacing:
            self._days.get(cell.hour.day, {}).pop((cell.ad_id, cell.hour), None)
        for cell, row in (*replacing, *adding):
            slot = self._days.setdefault(cell.hour.day, {}).setdefault((cell.ad_id, cell.hour), {})
            slot.setdefault(cell, Amounts()).add(_amounts(row))

    def rows(self, day: str) -> Iterator[tuple[Cell, Amounts]]:
        for slot in self._days.get(day, {}).values():
            yield from slot.items()

    def days(self) -> list[str]:
        """Every day with rows, in order."""
        return sorted(day for day, slots in self._days.items() if slots)

    def _cell(self, row: SpendRow) -> Cell:
        return Cell(row.ad_id, read_hour(row.hour, self._zone), row.country or self._country, row.platform)

    def _removed_hour(self, removal: Removal) -> LocalHour | None:
        return read_hour(removal.hour, self._zone) if removal.hour is not None else None

    def _remove(self, removal: Removal, hour: LocalHour | None) -> None:
        for slots in self._days.values():
            for ad_id, at in list(slots):
                if (
                    (removal.ad_id is None or ad_id == removal.ad_id)
                    and (removal.day is None or at.day == removal.day)
                    and (hour is None or at == hour)
                ):
                    del slots[ad_id, at]


def _amounts(row: SpendRow) -> Amounts:
    reach = row.impressions * 4 // 5 if row.reach is None else row.reach
    metrics = {name: Decimal(str(value)) for name, value in row.metrics.items()}
    return Amounts(row.spend, row.impressions, row.clicks, [reach] if reach else [], metrics)
