"""Deliveries: the postback log, and sending dead ones again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from admin.apps import require_app
from admin.audit import audited
from admin.pixels import require_pixel
from admin.refusal import Refused
from admin.session import Session
from ledger.delivery_filter import DeliveryFilter
from ledger.delivery_replay import dead_since, replay
from ledger.delivery_views import IN_STATE, DeliveryDetail, DeliveryPage, LogEntry, list_deliveries, show_delivery
from tiktok.codes import explain
from tiktok.redaction import redact, redacted_request

__all__ = [
    "STATES",
    "DeliveryFilter",
    "DeliveryPage",
    "check_filter",
    "delivery_page",
    "delivery_record",
    "meaning_of",
    "replay_dead",
    "replay_deliveries",
]

STATES = tuple(IN_STATE)


async def delivery_page(session: Session, wanted: DeliveryFilter, limit: int, after: str = "") -> DeliveryPage:
    """Deliveries, newest first; `after` is the `next` of the page before.

    Raises:
        Refused: the filter or `after` cannot be one.
    """
    try:
        return await list_deliveries(session.database, wanted, limit, after or None)
    except ValueError as error:
        raise Refused(str(error)) from None


async def delivery_record(session: Session, delivery_id: str) -> dict[str, Any]:
    """A delivery with its payload and log: what was sent, without what must not be read back, every answer, and what
    it means.

    Raises:
        Refused: there is no such delivery.
    """
    detail = await show_delivery(session.database, delivery_id)
    if detail is None:
        raise Refused(f"delivery: there is no delivery {delivery_id[:40]!r}; `signalpost delivery list` shows them")
    payload = redact(msgspec.json.decode(detail.payload)) if detail.payload else None
    log = [_log_entry(detail, entry) for entry in detail.log]
    return {**asdict(detail.item), "notes": detail.notes, "payload": payload, "log": log}


async def replay_deliveries(session: Session, delivery_ids: Sequence[str], force: bool = False) -> dict[str, Any]:
    """{"replayed", "refused"}: dead deliveries are due again, with the event_id they always had.

    Args:
        force: also those that TikTok may count twice.
    """
    return await _replay(session, list(delivery_ids), force)


async def replay_dead(session: Session, wanted: DeliveryFilter, force: bool = False) -> dict[str, Any]:
    """`replay_deliveries` for every dead one that the filter leaves.

    Raises:
        Refused: the filter names an app or pixel that is not there.
    """
    await check_filter(session, wanted)
    return await _replay(session, await dead_since(session.database, wanted), force)


async def check_filter(session: Session, wanted: DeliveryFilter) -> None:
    """A name that was mistyped must not be told to have nothing.

    Raises:
        Refused: it names an app or pixel that is not there.
    """
    if wanted.app_id:
        await require_app(session, wanted.app_id)
    if wanted.pixel_id:
        await require_pixel(session, wanted.pixel_id)


def how_many(delivery_ids: Sequence[str]) -> str:
    """As the audit log names what was sent again."""
    return "1 delivery" if len(delivery_ids) == 1 else f"{len(delivery_ids)} deliveries"


async def _replay(session: Session, delivery_ids: list[str], force: bool) -> dict[str, Any]:
    async with audited(session, "delivery.replay", how_many(delivery_ids)) as change:
        done = asdict(await replay(change.connection, delivery_ids, datetime.now(UTC), force))
        change.after = {"replayed": len(done["replayed"]), "refused": len(done["refused"]), "force": force}
    return done


def meaning_of(code: int | None, message: str | None) -> tuple[str, str]:
    """What TikTok's answer means and what to do; empty where nobody has documented it."""
    explanation = explain(code, message or "") if code is not None or message else None
    return (explanation.meaning, explanation.remedy) if explanation else ("", "")


def _log_entry(detail: DeliveryDetail, entry: LogEntry) -> dict[str, Any]:
    """One send with TikTok's words, what they mean, and the request without what must not be read back."""
    fields = asdict(entry)
    row = fields.pop("payload")
    meaning, remedy = meaning_of(entry.code, entry.message)
    return {
        **fields,
        "meaning": meaning or None,
        "remedy": remedy or None,
        "request": redacted_request(detail.pixel_code, entry.test_event_code, row) if row else None,
    }
