"""The webhooks of every app: which are connected, when each was last heard of, and what is wrong with them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.alerts import Alert
from ledger.apps import all_apps
from ledger.revenue_sources import second_sources
from ledger.webhook_events import last_received
from ledger.webhook_providers import PROVIDERS, Provider

SILENT: Final = "webhook_silent"
SECOND_SOURCE: Final = "second_revenue_source"
KINDS: Final = (SILENT, SECOND_SOURCE)

SILENT_AFTER: Final = timedelta(hours=24)
WARN_FOR: Final = timedelta(hours=24)  # after the last sale of a second source


@dataclass(frozen=True, slots=True)
class ConnectedSource:
    """A provider that an app has a secret for."""

    app_id: str
    provider: Provider
    last_received_at: datetime | None
    """None = nothing authentic ever came."""
    connected_at: datetime
    """Not later than this the secret was set."""

    def silent(self, now: datetime) -> bool:
        return now - (self.last_received_at or self.connected_at) > SILENT_AFTER


CONNECTED_AT = "SELECT app_id, updated_at FROM apps"


async def connected_sources(connection: Any) -> list[ConnectedSource]:
    """Every provider of every app. `connection` is an asyncpg connection or pool, here and below."""
    heard = await last_received(connection)
    changed = {row["app_id"]: row["updated_at"] for row in await connection.fetch(CONNECTED_AT)}
    return [
        ConnectedSource(app.app_id, provider, heard.get((app.app_id, provider)), changed[app.app_id])
        for app in await all_apps(connection)
        for provider, facts in PROVIDERS.items()
        if facts.secret in app.secrets
    ]


async def source_alerts(connection: Any, now: datetime) -> list[Alert]:
    """What someone should look at: a webhook that went silent, a second source that reports sales."""
    silent = [
        Alert(SILENT, f"{source.app_id}:{source.provider}", silence(source), source.app_id)
        for source in await connected_sources(connection)
        if source.silent(now)
    ]
    rivals = [
        Alert(SECOND_SOURCE, f"{rival.app_id}:{rival.source}", rival.warning(), rival.app_id)
        for rival in await second_sources(connection, now - WARN_FOR)
    ]
    return [*silent, *rivals]


def silence(source: ConnectedSource) -> str:
    """A silent source, and what to do about it, in a sentence."""
    last = f"since {source.last_received_at:%Y-%m-%d %H:%M} UTC" if source.last_received_at else "ever"
    return (
        f"{source.app_id}: nothing authentic came from {source.provider} {last}; see whether its webhook is enabled, "
        f"points to /v1/webhooks/{source.provider}/{source.app_id}, and agrees with {PROVIDERS[source.provider].secret}"
    )
