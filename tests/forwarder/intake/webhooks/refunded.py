"""What a report says was refunded, and TikTok was told of it."""

from decimal import Decimal
from typing import Any

from ledger.report_facts import ALL_FACTS, KEY_COLUMNS
from tests.forwarder.api import APP, Api
from tests.forwarder.intake.webhooks.posting import connect

CREDIT = """
UPDATE installs SET match_method = 'referrer', click_id = 'c', click = '{"click_id": "c", "campaign_id": "c1"}'
"""
KEYS = ", ".join(KEY_COLUMNS)
RECOUNTED = f"SELECT {KEYS}, sum(refunds) AS refunds FROM ({ALL_FACTS}) AS f GROUP BY {KEYS} HAVING sum(refunds) <> 0"  # noqa: S608
WAITING = f"SELECT {KEYS}, sum(refunds) AS refunds FROM report_deltas GROUP BY {KEYS} HAVING sum(refunds) <> 0"  # noqa: S608


async def refunds(api: Api) -> Decimal:
    """What a report says was refunded: by deltas and by a recount, which say the same, and below zero nowhere."""
    recounted = {tuple(row)[:-1]: row["refunds"] for row in await api.pool.fetch(RECOUNTED, APP, 0.0, 4e9)}
    waiting = {tuple(row)[:-1]: row["refunds"] for row in await api.pool.fetch(WAITING)}
    assert recounted == waiting
    assert all(refunded > 0 for refunded in recounted.values())
    return sum(recounted.values(), Decimal(0))


async def customer(api: Api, **settings: Any) -> None:
    """The install i-1 is an ad's, and refunds are told to TikTok."""
    await connect(api, refund_event="CancelOrder", **settings)
    await api.install(install_id="i-1")
    await api.pool.execute(CREDIT)


async def told(api: Api) -> list[tuple[str, str]]:
    rows = await api.deliveries()
    return [(one["state"], one["reason"]) for one in rows if one["target_event"] == "CancelOrder"]
