"""The recorded webhooks: one file per provider, each row a case, the body as documented, and what is made of it."""

import copy
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

from ledger import webhook_providers

DATA = Path(__file__).parents[3] / "data" / "webhooks"
PROVIDERS = tuple(webhook_providers.PROVIDERS)  # so that one without its file of cases fails
ATTRIBUTE = {"subscriber_attributes": {"signalpost_install_id": {"value": "i-1"}}}
"""The attribute by which RevenueCat names the install `i-1`."""


@cache
def cases(provider: str) -> dict[str, dict[str, Any]]:
    return {row["case"]: row for row in json.loads((DATA / f"{provider}.json").read_text())}


def every_case() -> list[tuple[str, str]]:
    return [(provider, case) for provider in PROVIDERS for case in cases(provider)]


def body(provider: str, case: str, **fields: Any) -> dict[str, Any]:
    """The body of a case as if it had been sent now; `fields` go in where the event's facts stand."""
    found: dict[str, Any] = copy.deepcopy(cases(provider)[case]["body"])
    now = time.time()
    facts: dict[str, Any] = found
    if provider == "revenuecat":
        facts = found["event"]
        facts["event_timestamp_ms"] = int(now * 1000)
    elif provider == "superwall":
        facts = found["data"]
        facts["ts"] = int(now * 1000)
    elif provider == "adapty":
        facts = found["event_properties"]
        found["event_datetime"] = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(now))
    else:
        facts = found["data"]["object"]
        found["created"] = int(now)
    facts |= fields
    return found
