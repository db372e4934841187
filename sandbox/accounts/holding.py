"""One advertiser as it stands: what was loaded, what its ads spent, what became of its events."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from sandbox.accounts.conversions import Conversion, EventLog, credited
from sandbox.accounts.records import Advertiser, Pixel
from sandbox.accounts.spend import SpendBook
from sandbox.accounts.spend_row import Correction, SpendRow
from sandbox.accounts.tree import AdTree


class LiveSpend(Protocol):
    """Spend that goes on while the sandbox runs."""

    def until(self, now: float) -> Iterable[SpendRow]:
        """What is new or has changed since the last call; each row replaces what its ad had in its hour."""
        ...


class Holding:
    """Raises `msgspec.ValidationError` when a row names an ad or an hour that there is not."""

    def __init__(self, record: Advertiser, live: LiveSpend | None = None) -> None:
        self.record = record
        self.pulls = 0
        """Reports answered so far; corrections wait for them."""
        try:
            self.tree = AdTree(record)
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from None
        self.spend = SpendBook(record.zone, record.country)
        self._live = live
        self._waiting: list[Correction] = []
        self._conversions: dict[str, list[Conversion]] = {}
        self._read: dict[str, int] = {}
        self._resets = -1
        self.correct(Correction(add=record.spend))
        for correction in record.corrections:
            self.correct(correction)

    def correct(self, correction: Correction) -> None:
        """Change the past now, or once so many reports have been answered."""
        for row in (*correction.set, *correction.add):
            if self.tree.place(row.ad_id) is None:
                raise msgspec.ValidationError(f"`ad_id` {row.ad_id} is no ad of {self.record.advertiser_id}")
        try:
            if correction.after_pulls > self.pulls:
                SpendBook(self.record.zone, "").correct(correction)  # an hour that is none is told now, not then
                self._waiting.append(correction)
            else:
                self.spend.correct(correction)
        except ValueError as error:
            raise msgspec.ValidationError(f"`hour` cannot be read: {error}") from None

    def waiting(self) -> list[Correction]:
        return list(self._waiting)

    def refresh(self, now: float) -> None:
        """Bring in what was spent until `now` (Unix seconds) and the corrections that are due."""
        if self._live is not None and (rows := tuple(self._live.until(now))):
            self.spend.correct(Correction(set=rows))
        due = [correction for correction in self._waiting if correction.after_pulls <= self.pulls]
        self._waiting = [correction for correction in self._waiting if correction.after_pulls > self.pulls]
        for correction in due:
            self.spend.correct(correction)

    def conversions(self, log: EventLog, pixels: Iterable[Pixel], day: str) -> Iterator[Conversion]:
        """What the events of these pixels are for this advertiser's ads, on one local day."""
        if log.resets != self._resets:
            self._resets = log.resets
            self._conversions = {}
            self._read = {}
        for pixel in pixels:
            read = self._read.get(pixel.pixel_code, 0)
            events = log.of(pixel.pixel_code, read)
            self._read[pixel.pixel_code] = read + len(events)
            for event in events:
                conversion = credited(event, pixel, self.record, self.tree)
                if conversion is not None:
                    self._conversions.setdefault(conversion.hour.day, []).append(conversion)
        yield from self._conversions.get(day, [])
