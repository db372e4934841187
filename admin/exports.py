"""What is recorded, for whoever works on with it: NDJSON, of clicks and installs as `signalpost match backtest` reads
them, and Parquet.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

import msgspec

from admin.apps import require_app
from admin.parquet import Columns, ParquetFile, Row
from admin.refusal import Refused
from admin.session import Session, open_redis
from admin.sorting import Keyed, sorted_lines
from admin.stored_clicks import stored_clicks
from admin.times import parse_time
from admin.whole_file import whole_file
from clicks.all_clicks import AllClicks
from clicks.record import Click
from ledger.exported_rows import Exported, exported_rows
from ledger.recorded_installs import recorded_installs

What = Literal["clicks", "installs", "events", "deliveries"]
OF_AD: Final = (
    "campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name", "creative_id", "creative_name",
)  # fmt: skip
"""A click's, told as reports tell them; its query has them as TikTok wrote them."""
COLUMNS: Final[dict[What, Columns]] = {
    "clicks": {
        "app_id": "text", "click_id": "text", "at": "time", "link": "text", "ip": "text", "user_agent": "text",
        "languages": "text", "query": "text", "ttp": "text", "enrichment": "json", **dict.fromkeys(OF_AD, "text"),
    },
    "installs": {
        "app_id": "text", "install_id": "text", "at": "time", "received_at": "time", "platform": "text",
        "match_method": "text", "match_probability": "number", "click_id": "text", "link": "text",
        **dict.fromkeys(OF_AD, "text"), "body": "json",
    },
    "events": {
        "app_id": "text", "event_id": "text", "at": "time", "received_at": "time", "source": "text", "name": "text",
        "install_id": "text", "value": "money", "currency": "text", "joined": "truth", "subscription_id": "text",
        "flags": "json", "properties": "json",
    },
    "deliveries": {
        "app_id": "text", "delivery_id": "text", "at": "time", "delivered_at": "time", "pixel_id": "text",
        "event_id": "text", "source_event_id": "text", "source_event": "text", "target_event": "text",
        "install_id": "text", "state": "text", "reason": "text", "attempts": "whole", "last_outcome": "text",
        "last_code": "whole", "last_message": "text", "request_id": "text",
    },
}  # fmt: skip
"""Of a Parquet file, which has all of them always."""

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


async def export_parquet(session: Session, what: What, span: Span, path: Path) -> int:
    """A row group per day of UTC; returns the number of rows.

    Raises:
        Refused: the file cannot be written.
    """
    rows = _click_rows(session, span) if what == "clicks" else _ledger_rows(session, what, span)
    async with aclosing(rows):  # or a write that fails leaves its cursor open, which the end of the session waits for
        with writing(path) as part:
            return await ParquetFile(part, COLUMNS[what]).write(rows)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Where to write the export, which takes its name when all of it is there.

    Raises:
        Refused: it cannot be written.
    """
    try:
        with whole_file(path) as part:
            yield part
    except (ConnectionError, TimeoutError):  # an engine's, or a pipe's whose reader has gone
        raise
    except OSError as error:
        raise Refused(f"out: {path} cannot be written: {error.strerror or error}") from None


def exported_lines(session: Session, what: What, span: Span) -> AsyncGenerator[bytes, None]:
    """One JSON line each, by time."""
    if what == "clicks":
        return exported_clicks(session, span)
    return exported_installs(session, span) if what == "installs" else _exported(session, what, span)


async def _exported(session: Session, what: Exported, span: Span) -> AsyncGenerator[bytes, None]:
    async for at, row in _ledger_rows(session, what, span):
        yield _encode({name: row[name] for name in COLUMNS[what] if row[name] is not None} | {"at": at})


async def _ledger_rows(session: Session, what: Exported, span: Span) -> AsyncGenerator[Row, None]:
    async with session.database.acquire() as connection, connection.transaction():
        async for row in exported_rows(connection, what, span.app_id, span.since, span.until):
            yield row["at"], row


async def _click_rows(session: Session, span: Span) -> AsyncGenerator[Row, None]:
    async for line in exported_clicks(session, span):
        click: dict[str, Any] = msgspec.json.decode(line)
        at = datetime.fromisoformat(click["clicked_at"])
        yield at, cast("Mapping[str, Any]", click | {"at": at})


async def exported_clicks(session: Session, span: Span) -> AsyncGenerator[bytes, None]:
    """One line per click, by time."""
    async with open_redis(session.settings) as redis:
        store = stored_clicks(session, redis)
        async for line in sorted_lines(_click_lines(store, span)):
            yield line


async def _click_lines(store: AllClicks, span: Span) -> AsyncIterator[Keyed]:
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
        **{name: getattr(click, name) for name in OF_AD},
    }
    return {name: value for name, value in fields.items() if value is not None}


async def exported_installs(session: Session, span: Span) -> AsyncGenerator[bytes, None]:
    """One line per install, by time."""
    async with session.database.acquire() as connection, connection.transaction():
        async for app_id, install_id, body in recorded_installs(connection, span.app_id, span.since, span.until):
            yield _encode({"install_id": install_id, "app_id": app_id, **body})
