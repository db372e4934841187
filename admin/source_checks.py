"""What doctor finds of the subscription platforms that post to an app, and of the app's source of revenue."""

from datetime import UTC, datetime

from admin.check import Check
from admin.refusal import Refused
from admin.session import open_session
from config.secrets import SecretError
from config.settings import AllSettings
from ledger.revenue_sources import SecondSource, second_sources
from ledger.source_watch import WARN_FOR, ConnectedSource, connected_sources, silence


async def check_sources(settings: AllSettings) -> list[Check]:
    """Every connected webhook was heard of within a day; no second source reports sales."""
    now = datetime.now(UTC)
    try:
        async with open_session(settings) as session:
            sources = await connected_sources(session.database)
            rivals = await second_sources(session.database, now - WARN_FOR)
    except (Refused, SecretError):
        return []  # the engine's own check has said so
    return [*(_check_source(source, now) for source in sources), *(_check_rival(rival) for rival in rivals)]


def _check_source(source: ConnectedSource, now: datetime) -> Check:
    name = f"webhook {source.provider} of {source.app_id}"
    if source.silent(now):
        fix = f"send a test event from {source.provider}; `signalpost webhook list --app {source.app_id}` shows it"
        return Check(name, False, silence(source), fix)
    if source.last_received_at is None:
        return Check(name, True, "nothing came yet; a test event from its dashboard shows whether it is set up")
    return Check(name, True, f"last heard of at {source.last_received_at:%Y-%m-%d %H:%M} UTC")


def _check_rival(rival: SecondSource) -> Check:
    fix = (
        f"stop sending sales from {rival.source}, or `signalpost app set {rival.app_id} revenue_source={rival.source}`"
    )
    return Check(f"revenue of {rival.app_id}", False, rival.warning(), fix)
