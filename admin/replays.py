"""Sending many deliveries of one app again, and watching how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from admin.audit import audited
from admin.deliveries import how_many
from admin.refusal import Refused
from admin.session import Session
from ledger.delivery_filter import DeliveryFilter
from ledger.delivery_replay import MAY_COUNT_TWICE, dead_since, replay
from ledger.replays import insert_replay, own_deliveries, replay_progress

MOST_AT_ONCE: Final = 5_000
BEYOND_48_H: Final = (
    "force: TikTok may have had it more than 47 hours ago, and forgets an event after 48: sent again it may count "
    "twice. Tick this to send it all the same"
)
_DONE: Final = ("delivered", "suppressed", "skipped", "dead")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is."""

    replay_id: str
    actor: str
    asked_at: datetime
    total: int
    done: int
    """Delivered, or not to be sent by any further try."""
    states: dict[str, int]
    refused: list[dict[str, str]]
    """Those that were not made due, each with its reason."""


async def send_again(session: Session, app_id: str, delivery_ids: Sequence[str], force: bool = False) -> str:
    """Dead deliveries of the app are due again; the id of their `progress`.

    Args:
        force: also those that TikTok may count twice.

    Raises:
        Refused: none of them can be.
    """
    if not delivery_ids:
        raise Refused("ids: choose at least one delivery")
    if len(delivery_ids) > MOST_AT_ONCE:
        raise Refused(f"ids: at most {MOST_AT_ONCE:,} at once")
    numbers = [int(text) for text in delivery_ids if text.isascii() and text.isdigit() and len(text) < 19]
    async with audited(session, "delivery.replay", how_many(delivery_ids), app_id) as change:
        own = await own_deliveries(change.connection, app_id, numbers)
        now = datetime.now(UTC)
        done = await replay(change.connection, [text for text in delivery_ids if text in own], now, force)
        refused = [{"delivery_id": one.delivery_id, "reason": _reason(one.reason)} for one in done.refused]
        refused += [{"delivery_id": text, "reason": "there is no such delivery"} for text in delivery_ids
                    if text not in own]  # fmt: skip
        if not done.replayed:
            raise Refused(_nothing(refused, [one.reason for one in done.refused]))
        change.after = {"replayed": len(done.replayed), "refused": len(refused), "force": force}
        return await insert_replay(change.connection, (app_id, session.actor, now), done.replayed, refused)


async def send_dead_again(session: Session, app_id: str, wanted: DeliveryFilter, force: bool = False) -> str:
    """`send_again` for the oldest dead ones that the filter leaves, up to 5,000."""
    if wanted.app_id != app_id:
        raise Refused("app: the filter is another app's")
    dead = await dead_since(session.database, wanted)
    if not dead:
        raise Refused("no dead delivery fits this filter")
    if len(dead) > MOST_AT_ONCE:
        session.note(f"{len(dead) - MOST_AT_ONCE:,} more are dead: press again for the next {MOST_AT_ONCE:,}")
    return await send_again(session, app_id, dead[:MOST_AT_ONCE], force)


async def progress(session: Session, app_id: str, replay_id: str) -> Progress | None:
    """None where the app has no replay of this id."""
    if not (replay_id.isascii() and replay_id.isdigit() and len(replay_id) < 19):
        return None
    found: dict[str, Any] | None = await replay_progress(session.database, app_id, int(replay_id))
    if found is None:
        return None
    states = dict(sorted(found["states"].items()))
    gone = len(found["delivery_ids"]) - sum(states.values())  # erased since
    done = sum(states.get(state, 0) for state in _DONE) + gone
    total = len(found["delivery_ids"])
    return Progress(replay_id, found["actor"], found["asked_at"], total, done, states, found["refused"])


def _reason(reason: str) -> str:
    return "TikTok may count it twice" if reason == MAY_COUNT_TWICE else reason


def _nothing(refused: Sequence[dict[str, str]], reasons: Sequence[str]) -> str:
    if MAY_COUNT_TWICE in reasons:
        return BEYOND_48_H
    reasons = sorted({one["reason"] for one in refused})
    return f"nothing was sent again: {'; '.join(reasons)}"
