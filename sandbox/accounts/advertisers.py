"""`/user/info/` and `/advertiser/info/`."""

import hashlib
from typing import Any

from sandbox.accounts.endpoint import Data
from sandbox.accounts.holding import Holding
from sandbox.accounts.parameters import Parameters, chosen, known_fields
from sandbox.accounts.permission import granted, one_advertiser
from sandbox.calls import Call
from sandbox.memory import Memory

IDS_LIMIT = 100


def user_info(call: Call, memory: Memory) -> Data:
    """Who logged in; the cheapest probe of a token. The address is masked (DOC)."""
    account = memory.accounts.account(granted(call, memory).account_id)
    if account is None:
        return {"display_name": "Nobody", "email": "n***@example.com", "core_user_id": "0", "create_time": 0}
    name, _, domain = account.email.partition("@")
    digest = hashlib.sha256(account.account_id.encode()).digest()
    return {
        "display_name": account.display_name,
        "email": f"{name[:1]}***@{domain}",
        "core_user_id": str(7 * 10**18 + int.from_bytes(digest[:6], "big")),
        "create_time": 1_767_225_600,
        "avatar_url": "",
    }


def advertiser_info(call: Call, memory: Memory) -> Data:
    """At most 100 ids. With `fields` a row holds those and no others, not even its id."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    ids = parameters.required_texts("advertiser_ids", IDS_LIMIT)
    rows = [_row(one_advertiser(advertiser_id, grant, memory), memory) for advertiser_id in ids]
    fields = known_fields(parameters, rows[0])
    return {"list": [chosen(row, fields) for row in rows]}


def _row(holding: Holding, memory: Memory) -> dict[str, Any]:
    record = holding.record
    return {
        "advertiser_id": record.advertiser_id,
        "name": record.name,
        "company": record.name,
        "status": record.status,
        "rejection_reason": None,
        "role": "ROLE_ADVERTISER",
        "currency": record.currency,
        "timezone": record.timezone,
        "display_timezone": record.display_timezone,
        "country": record.country,
        "language": "en",
        "balance": 0.0,
        "create_time": record.create_time,
        "owner_bc_id": memory.accounts.owner_of(record.advertiser_id),
        "advertiser_account_type": "AUCTION",
        "industry": "291202",
        **record.more,
    }
