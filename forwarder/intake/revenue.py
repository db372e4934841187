"""One source of revenue per app, so that a sale which an SDK and a subscription platform both report counts once. Pure.

Trials and subscriptions that start, sales and their renewals come from the app's `revenue_source` alone; what any other
source says of them is kept and not sent. Refunds come from the same source; where that is the SDK, which reports none,
from any.
"""

from typing import Final

from forwarder.intake.webhooks.normal import REFUND, STARTS
from ledger.webhook_providers import PREFIXES, SALES, RevenueSource
from tiktok.standard_events import RENAMED

SDK: Final = "sdk"
REASON: Final = "revenue comes from "
TARGETS: Final = frozenset({"Purchase", "StartTrial", "Subscribe"})
SDK_EVENTS: Final = frozenset({"purchase", "start_trial", "subscribe"})
NORMAL_EVENTS: Final = SALES | STARTS.keys() | frozenset(STARTS.values())

_SALES: Final = frozenset(f"{prefix}_{name}" for prefix in PREFIXES for name in NORMAL_EVENTS)
_REFUNDS: Final = frozenset(f"{prefix}_{REFUND}" for prefix in PREFIXES)


def is_refund(name: str) -> bool:
    """Whether an event of this name is the refund of a subscription platform."""
    return name in _REFUNDS


def revenue_objection(source: str, name: str, target: str, revenue_source: RevenueSource) -> str:
    """Why an event is not sent on as `target` although it is mapped; empty where nothing speaks against it."""
    if source == revenue_source or (is_refund(name) and revenue_source == SDK):
        return ""
    names = SDK_EVENTS if source == SDK else _SALES | _REFUNDS
    if name in names or RENAMED.get(target, target) in TARGETS:
        return REASON + revenue_source
    return ""


def is_refused(reason: str) -> bool:
    """Whether a delivery was skipped for this."""
    return reason.startswith(REASON)
