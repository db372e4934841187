"""What happens to an app: installs, events and deliveries, put into the ledger as forwarder and worker leave them."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from admin.session import Session

PIXEL = "px_tea"
CLICK_ID = "8yRq5gi1Ear4yai6gZpFxX"
CLICK: dict[str, Any] = {
    "click_id": CLICK_ID,
    "at_ms": 1_795_000_000_000,
    "link": "tea",
    "campaign_name": "Summer",
    "campaign_id": "17",
    "adgroup_name": None,
    "ad_name": None,
}
DETAIL = {
    "devices": 3,
    "flags": ["click_flooding"],
    "tiers": {},
    "candidates": [
        {"click_id": CLICK_ID, "at_ms": 1_795_000_000_000, "probability": 0.97,
         "signals": {"os": 3.0, "model": 8.0, "time": 5.0, "language": -1.0}, "note": ""},
        {"click_id": "8yRq5gi1Ear4yai6gZpFxY", "at_ms": 1_795_000_000_000, "probability": 0.0, "signals": {},
         "note": "another OS"},
    ],
}  # fmt: skip


async def pixel(session: Session, app_id: str) -> None:
    await session.database.execute(
        "INSERT INTO pixels (pixel_id, app_id, code, token_encrypted, state) VALUES ($1, $2, 'CODE', '', 'ok') "
        "ON CONFLICT DO NOTHING",
        PIXEL, app_id,
    )  # fmt: skip


async def install(session: Session, app_id: str, install_id: str = "i1", method: str = "probabilistic") -> str:
    at = datetime.fromtimestamp(CLICK["at_ms"] / 1000, UTC) + timedelta(minutes=4)
    has_click = method not in ("none", "pending")
    await session.database.execute(
        """INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, match_probability,
            match_reason, match_detail, click_id, click, external_ids)
        VALUES ($1, $2, 'ios', $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        app_id, install_id, at, {"ip": "203.0.113.7", "device": {"model": "iPhone17,1"}}, method,
        0.97 if has_click else None, "" if has_click else "no click from this address within 24 h", DETAIL,
        CLICK_ID if has_click else None, CLICK if has_click else None, ["user-1"],
    )  # fmt: skip
    await event(session, app_id, install_id, "install", f"install:{install_id}")
    return install_id


async def event(
    session: Session, app_id: str, install_id: str | None = "i1", name: str = "purchase", event_id: str = ""
) -> int:
    key: int = await session.database.fetchval(
        """INSERT INTO events (app_id, event_id, name, install_id, occurred_at, received_at, value, currency, body)
        VALUES ($1, $2, $3, $4, now(), now(), 9.99, 'EUR', '{}') RETURNING event_key""",
        app_id, event_id or secrets.token_hex(8), name, install_id,
    )  # fmt: skip
    return key


async def delivery(session: Session, app_id: str, state: str = "delivered", **columns: Any) -> str:
    """Of an event of its own, with one attempt where it was sent."""
    await pixel(session, app_id)
    fields = {"last_code": 0, "last_message": "OK", "maybe_arrived_at": None, "outcome": "delivered"} | columns
    key = await event(session, app_id, columns.get("install_id", "i1"))
    payload = '{"event": "Purchase", "user": {"ttclid": "E.C.P.verysecretclickid"}}'
    number: int = await session.database.fetchval(
        """INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,
            install_id, state, attempts, last_code, last_message, last_outcome, maybe_arrived_at, payload,
            next_attempt_at)
        VALUES ($1, $2, $3, 'sent', 'source', 'purchase', 'Purchase', $4, $5, 1, $6, $7, $8, $9, $10,
            CASE WHEN $5 = 'due' THEN now() + interval '1 hour' END)
        RETURNING delivery_id""",
        app_id, PIXEL, key, columns.get("install_id", "i1"), state, fields["last_code"], fields["last_message"],
        fields["outcome"], fields["maybe_arrived_at"], payload,
    )  # fmt: skip
    await attempt(session, app_id, number, fields)
    return str(number)


async def attempt(session: Session, app_id: str, number: int, fields: dict[str, Any]) -> int:
    attempt_id: int = await session.database.fetchval(
        """INSERT INTO attempts (app_id, delivery_id, at, outcome, status, code, message, request_id, ms)
        VALUES ($1, $2, now(), $3, 200, $4, $5, 'request-7', 12) RETURNING attempt_id""",
        app_id, number, fields["outcome"], fields["last_code"], fields["last_message"],
    )  # fmt: skip
    return attempt_id


async def dead(session: Session, app_id: str, **columns: Any) -> str:
    refused = {"last_code": 40002, "last_message": "Invalid value for <b>value</b>", "outcome": "invalid"}
    return await delivery(session, app_id, "dead", **{**refused, **columns})
