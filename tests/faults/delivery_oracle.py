"""What must hold of the deliveries after any fault, once everything has drained.

accepted = delivered + dead + suppressed + skipped, each event once; one event_id each; the same bytes on every send;
nothing at TikTok that was not accepted; no more sends than the log has, but for one per crash.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

import msgspec

from forwarder.delivering.delivery import DeliveryContext, deliver_batch, probe
from tests.forwarder.delivering.scene import PIXEL_REF, Scene

FINAL = {"delivered", "dead", "suppressed", "skipped"}


class Crash(BaseException):
    """A kill: nothing that handles errors sees it."""


class DoomedPool:
    """A connection pool whose process is killed at one of its statements: before it reaches PostgreSQL, or after."""

    def __init__(self, pool: Any, statement: str, after: bool) -> None:
        self._pool, self._statement, self._after = pool, statement, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._pool, name)

        async def call(statement: str, *parameters: Any) -> Any:
            doomed = statement == self._statement
            if doomed and not self._after:
                raise Crash
            result = await method(statement, *parameters)
            if doomed:
                raise Crash
            return result

        return call


async def drain(scene: Scene, context: DeliveryContext | None = None, rounds: int = 300) -> None:
    """Deliver and probe, and turn the clock to whatever comes next, until nothing is left to be sent."""
    for _ in range(rounds):
        batch = await deliver_batch(context or scene.delivery_context, PIXEL_REF)
        if batch.claimed:
            continue
        await probe(context or scene.delivery_context, PIXEL_REF)
        due = await scene.pool.fetchval("SELECT min(next_attempt_at) FROM deliveries WHERE state IN ('due', 'sending')")
        if due is None:
            return
        opens = (await scene.pixel())["paused_until"] or due
        scene.clock.now = max(scene.clock.now + timedelta(milliseconds=1), due, opens)
    raise AssertionError(f"not drained: {await scene.states()}")


async def reconcile(scene: Scene, accepted: Collection[str], crashes: int = 0) -> dict[str, set[str]]:
    """Assert all of the above; state -> the events in it."""
    rows = await scene.pool.fetch(
        "SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.delivery_id) AS logged FROM deliveries d"
    )
    assert sorted(row["source_event_id"] for row in rows) == sorted(accepted)
    assert {row["state"] for row in rows} <= FINAL
    assert len({row["event_id"] for row in rows}) == len(rows)
    sends = await sends_by_event_id(scene)
    by_id = {row["event_id"]: row for row in rows}
    assert sends.keys() <= by_id.keys()
    for event_id, sent in sends.items():
        assert len(set(sent)) == 1, f"{event_id} was not sent the same each time"
        assert len(sent) <= by_id[event_id]["logged"] + crashes
    taken = {event["event_id"] for event in (await scene.sandbox.events())["items"]}
    states: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        states[row["state"]].add(row["source_event_id"])
        assert row["event_id"] in taken or row["state"] != "delivered"
        assert row["event_id"] not in sends or row["state"] != "skipped"
    return dict(states)


class _Body(msgspec.Struct):
    data: list[msgspec.Raw]


class _Row(msgspec.Struct):
    event_id: str


async def sends_by_event_id(scene: Scene) -> dict[str, list[bytes]]:
    """Every row the sandbox was sent, as it came."""
    return rows_by_event_id(request["body"] for request in await scene.sandbox.requests())


def rows_by_event_id(bodies: Iterable[str | bytes]) -> dict[str, list[bytes]]:
    """The rows of these requests' bodies, byte for byte, by the event_id that TikTok counts them by."""
    sends: dict[str, list[bytes]] = defaultdict(list)
    for body in bodies:
        for row in msgspec.json.decode(body, type=_Body).data:
            sends[msgspec.json.decode(row, type=_Row).event_id].append(bytes(row))
    return sends
