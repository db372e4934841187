"""What posts events to an app beside itself: which subscription platforms are connected, when each last spoke."""

from datetime import UTC, datetime
from typing import Any

from admin.session import Session
from ledger.arrivals import latest_event, latest_install
from ledger.revenue_sources import second_sources
from ledger.source_watch import WARN_FOR, connected_sources
from ledger.webhook_events import last_received
from ledger.webhook_providers import PROVIDERS


async def event_sources(session: Session, app_id: str) -> list[dict[str, Any]]:
    """{"provider", "url", "secret", "is_set", "last_received_at", "silent", "proof"} of each platform there is."""
    now = datetime.now(UTC)
    connected = {one.provider: one for one in await connected_sources(session.database) if one.app_id == app_id}
    heard = await last_received(session.database)
    return [
        {
            "provider": provider,
            "url": f"{session.settings.forwarder_base}/v1/webhooks/{provider}/{app_id}",
            "secret": facts.secret,
            "is_set": provider in connected,
            "last_received_at": heard.get((app_id, provider)),
            "silent": provider in connected and connected[provider].silent(now),
            "proof": facts.proof,
        }
        for provider, facts in PROVIDERS.items()
    ]


async def rival_warnings(session: Session, app_id: str) -> list[str]:
    """Sources that report sales although the app's revenue comes from another."""
    rivals = await second_sources(session.database, datetime.now(UTC) - WARN_FOR, app_id)
    return [rival.warning() for rival in rivals]


async def newest_of_app(session: Session, app_id: str) -> dict[str, Any]:
    """{"install": when, "event": {"name", "source", "occurred_at"}}: the last of each; None where there was none."""
    return {
        "install": await latest_install(session.database, app_id),
        "event": await latest_event(session.database, app_id),
    }
