"""What an import works with, opened by an entry file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ad_accounts.import_schedule import ATTRIBUTION_DAYS
from ad_accounts.quota import Quota
from config.secrets import Keyring
from tiktok.business_api import BusinessApi
from tiktok.reports import RefusedMetrics


def _not_counted(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Of one process: all advertisers share the quota."""

    pool: Any
    """An asyncpg pool."""
    api: BusinessApi
    keyring: Keyring
    quota: Quota
    clock: Callable[[], datetime]
    public_base: str
    """Where Signal links stand, beside the apps' own domains."""
    window_days: int = ATTRIBUTION_DAYS
    counted: Callable[[str], None] = _not_counted
    """Told what became of each pull: `changed`, `unchanged`, or how TikTok refused it."""
    refused_metrics: RefusedMetrics = field(default_factory=dict)
    """Metrics that TikTok knows no longer, or not there: learned while it runs, asked for anew after a restart."""
