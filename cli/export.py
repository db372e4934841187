"""`signalpost export`: recorded clicks and installs, as `signalpost match backtest` reads them."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from admin.refusal import Refused
from admin.session import Session, open_redis
from cli.output import Json
from cli.session import run
from cli.sorting import Keyed, sorted_lines
from cli.times import parse_time
from clicks.record import Click
from clicks.store import ClickStore
from ledger.apps import get_app
from ledger.recorded_installs import recorded_installs

app = typer.Typer(no_args_is_help=True, help="NDJSON for `match backtest`: clicks, installs.")

_encode = msgspec.json.Encoder(decimal_format="number").encode

AppOption = Annotated[str, typer.Option("--app", help="Only this app.")]
Since = Annotated[str, typer.Option(help="A time, or 30d for thirty days ago; default: all that is kept.")]
Until = Annotated[str, typer.Option(help="A time, excluded; default: now.")]


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


@app.command("clicks")
def clicks_command(app_id: AppOption = "", since: Since = "", until: Until = "", as_json: Json = False) -> None:  # noqa: ARG001 - NDJSON it is
    """Print recorded clicks, one JSON line each, by time."""
    _print(_clicks, app_id, since, until)


@app.command("installs")
def installs_command(app_id: AppOption = "", since: Since = "", until: Until = "", as_json: Json = False) -> None:  # noqa: ARG001
    """Print recorded installs, one JSON line each, by time. What erased or refusing people said is not among it."""
    _print(_installs, app_id, since, until)


def _print(lines: Any, app_id: str, since: str, until: str) -> None:
    async def export(session: Session) -> None:
        span = await _span(session, app_id, since, until)
        async for line in lines(session, span):
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()

    run(export)


async def _span(session: Session, app_id: str, since: str, until: str) -> Span:
    if app_id and await get_app(session.database, app_id) is None:
        raise Refused(f"app: there is no app {app_id[:60]!r}; `signalpost app list` shows them")
    now = datetime.now(UTC)
    first = parse_time("since", since, now) if since else datetime(1970, 1, 2, tzinfo=UTC)
    last = parse_time("until", until, now) if until else now
    if first >= last:
        raise Refused("since: must be earlier than --until")
    return Span(app_id, first, last)


async def _clicks(session: Session, span: Span) -> AsyncIterator[bytes]:
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


async def _installs(session: Session, span: Span) -> AsyncIterator[bytes]:
    async with session.database.acquire() as connection, connection.transaction():
        async for app_id, install_id, body in recorded_installs(connection, span.app_id, span.since, span.until):
            yield _encode({"install_id": install_id, "app_id": app_id, **body})
