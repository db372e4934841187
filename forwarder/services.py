"""What the handlers work with; opened in the app's lifespan, found in the request's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from clicks.address import client_address
from clicks.all_clicks import AllClicks
from config.settings import ForwarderSettings
from forwarder.directory import Directory
from forwarder.intake.authenticator import Authenticator
from forwarder.intake.data_centres import DataCentres
from forwarder.intake.event_batch import Outcome
from forwarder.intake.grouped_commit import GroupedCommit
from forwarder.intake.install_request import InstallReport
from forwarder.intake.set_aside_counts import SetAside
from forwarder.intake.webhooks.storing import Outcome as WebhookOutcome
from forwarder.intake.webhooks.storing import WebhookPost
from forwarder.outages import OutageLog
from ledger.erasure import TombstoneKeys
from ledger.events import NewEvent
from ledger.installs import Install
from ledger.report_pool import ReportPool
from tiktok.currency_rates import RateTable


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that was opened."""

    settings: ForwarderSettings
    pool: Any
    redis: Any
    clicks: AllClicks
    directory: Directory
    authenticator: Authenticator
    installs: GroupedCommit[InstallReport, Install | None]
    events: GroupedCommit[Sequence[NewEvent], list[Outcome]]
    webhooks: GroupedCommit[WebhookPost, WebhookOutcome]
    tombstone_keys: TombstoneKeys
    data_centres: DataCentres
    set_aside: SetAside
    rates: RateTable
    reports: ReportPool
    outages: OutageLog
    answer_within_s: float
    """From a request's begin; then it is answered 503."""


def services_of(request: Request) -> Services:
    services: Services = request.state.services
    return services


def visitor_address(request: Request) -> str:
    """The address the request came from, as far as trusted proxies vouch for it; empty over a Unix socket."""
    peer = request.client.host if request.client is not None else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")) or None
    return client_address(peer, forwarded, services_of(request).settings.trusted_proxies)
