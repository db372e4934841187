"""Recorded visits through the redirector's own visit reader: what becomes a click, and under which id."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from backtest.lines import ClickLine
from clicks.batch import Row
from clicks.click_id import RANDOM_BYTES, format_click_id
from clicks.enrichment import enrichment_record, read_enrichment
from clicks.keys import CLICKS
from clicks.links import Link
from redirector.counters import Counters
from redirector.link_table import LinkTable
from redirector.visit_reader import Request, VisitReader, VisitReaderSettings
from redirector.visitors import read_user_agent

ADDRESS_KEY = hashlib.sha256(b"signalpost backtest").digest()  # a scratch store's: it protects nothing
PUBLIC_BASE = "https://backtest.invalid"
DEFAULT_LINK = "backtest"


class RecordedVisitReader:
    """Opens recorded visits with the recorded clock; the same visits in the same order give the same ids."""

    def __init__(self, redis: Any, app_id: str, apps_of_links: dict[str, str]) -> None:
        self._at_ms = 0
        self._drawn = 0
        self._app_id = app_id
        self._apps_of_links = apps_of_links
        settings = VisitReaderSettings(ADDRESS_KEY, (), PUBLIC_BASE)
        self._counters = Counters()
        self._reader = VisitReader(
            LinkTable(redis, Path("links")), self._counters, settings, self._clock, self._random_bytes
        )

    def open(self, line: ClickLine, at_ms: int) -> tuple[Row, ...]:
        """The rows of a click, its own first; none where the visitor is no person."""
        self._at_ms = at_ms
        slug = line.link or DEFAULT_LINK
        link = Link(slug, line.app_id or self._apps_of_links.get(slug, self._app_id), generate_ttp=False)
        headers = [(b"user-agent", line.user_agent.encode())]
        if line.languages:
            headers.append((b"accept-language", line.languages.encode()))
        if line.ttp:
            headers.append((b"cookie", b"_ttp=" + line.ttp.encode()))
        rows = self._reader.open(link, Request(line.query.removeprefix("?").encode(), headers, line.ip)).rows
        facts = read_enrichment(line.enrichment) if rows and line.enrichment else {}
        if not facts:
            return rows
        own = rows[0]
        return *rows, Row(own.key, own.at_ms, enrichment_record(_random_of(own), facts))

    @staticmethod
    def is_person(line: ClickLine) -> bool:
        """Whether the visit is a click, rather than a bot's, a preview's or a preloader's."""
        return _kind(line.user_agent) == "click"

    def _clock(self) -> float:
        return (self._at_ms + 0.5) / 1000  # the reader cuts to whole ms

    def _random_bytes(self, length: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_128(self._drawn.to_bytes(8)).digest(length)


@lru_cache(maxsize=65_536)
def _kind(user_agent: str) -> str:
    return read_user_agent(user_agent.encode().decode("latin-1")).kind


def click_id_of(row: Row) -> str:
    """The id that the reader gave the click of this row."""
    return format_click_id(row.at_ms, int.from_bytes(row.key[len(CLICKS) :]), _random_of(row))


def _random_of(row: Row) -> bytes:
    return row.record[1 : 1 + RANDOM_BYTES]
