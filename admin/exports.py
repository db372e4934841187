"""Recorded clicks and installs as NDJSON, as `signalpost match backtest` reads them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session, open_redis
from admin.sorting import Keyed, sorted_lines
from admin.times import parse_time
from clicks.record import Click
from clicks.store import ClickStore
from ledger.recorded_installs import recorded_installs

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Span:
    """What is exported."""

    app_id: str
    """'' = every app's."""
    since: datetime
    until: datetime
    """Excluded."""

    @property
    def ms(self) -> tuple[int, int]:
        """Unix time in ms, both included."""
        return int(self.since.timestamp() * 1000), int(self.until.timestamp() * 1000) - 1


async def span_of(session: Session, app_id: str, since: str, until: str) -> Span:
    """From the texts a person gives; empty ones are all that is kept.

    Raises:
        Refused: there is no such app, or the times cannot be.
    """
    if app_id:
        await require_app(session, app_id)
    now = datetime.now(UTC)
    first = parse_time("since", since, now) if since else datetime(1970, 1, 2, tzinfo=UTC)
    last = parse_time("until", until, now) if until else now
    if first >= last:
        raise Refused("since: must be earlier than --until")
    return Span(app_id, first, last)


async def exported_clicks(session: Session, span: Span) -> AsyncIterator[bytes]:
    """One line per click, by time."""
    async with open_redis(session.settings) as redis:
        store = ClickStore(redis, session.keyring.derive("address"), session.settings.click_retention_days)
        async for line in sorted_lines(_click_lines(store, span)):
            yield line


async def _click_lines(store: ClickStore, span: Span) -> AsyncIterator[Keyed]:
    async for clicks in store.scan(*span.ms):
        for click in clicks:
            if span.app_id in ("", click.app_id):
                yield click.at_ms, _encode(_click_line(click))


def _click_line(click: Click) -> dict[str, Any]:
    fields = {
        "click_id": click.click_id,
        "clicked_at": datetime.fromtimestamp(click.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "ip": click.ip,
        "user_agent": click.user_agent,
        "languages": click.languages or None,
        "query": click.query,
        "ttp": click.ttp,
        "enrichment": click.enrichment,
        "link": click.link,
        "app_id": click.app_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def exported_installs(session: Session, span: Span) -> AsyncIterator[bytes]:
    """One line per install, by time."""
    async with session.database.acquire() as connection, connection.transaction():
        async for app_id, install_id, body in recorded_installs(connection, span.app_id, span.since, span.until):
            yield _encode({"install_id": install_id, "app_id": app_id, **body})
