"""Two shard groups of a ledger, a database each: one that is away refuses its own apps and no others."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import pytest

from config.secrets import Keyring
from forwarder.directory import Directory
from forwarder.errors import Refusal
from forwarder.intake import group_commit
from forwarder.intake.event_batch import EventLedger, Outcome, app_of
from forwarder.intake.group_commit import GroupCommit
from forwarder.intake.grouped_commit import GroupedCommit
from forwarder.outages import OutageLog
from ledger.events import NewEvent
from ledger.pool import open_pool
from ledger.shard_groups import one_group
from tests.engines import SessionEngines
from tests.forwarder.api import APP, OTHER_APP, fill_ledger

pytestmark = pytest.mark.anyio

KEYRING = Keyring((b"k" * 32,))
GROUPS = {APP: 0, OTHER_APP: 1}
STORED = "SELECT event_id FROM events ORDER BY event_id"

Events = GroupedCommit[Sequence[NewEvent], list[Outcome]]


@dataclass
class TwoGroups:
    """A stand-in for a ledger over two servers: who sends it rows of both in one batch fails."""

    engines: SessionEngines
    name: str
    """Of the second's database."""
    pools: list[asyncpg.Pool]
    ledgers: list[EventLedger]

    async def commit(self, requests: Sequence[Sequence[NewEvent]]) -> list[list[Outcome]]:
        [group] = {group_of(app_of(events)) for events in requests}
        return await self.ledgers[group].commit(requests)

    def take_second_away(self) -> None:
        for statement in (
            f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'",  # noqa: S608
            f"ALTER DATABASE {self.name} RENAME TO {self.name}_away",
        ):
            self.engines.sql(statement)

    def bring_second_back(self) -> None:
        self.engines.sql(f"ALTER DATABASE {self.name}_away RENAME TO {self.name}")
        self.engines.sql(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    async def stored(self) -> list[list[str]]:
        return [[row["event_id"] for row in await pool.fetch(STORED)] for pool in self.pools]


def group_of(app_id: str) -> int:
    return GROUPS[app_id]


@pytest.fixture
def second(engines: SessionEngines) -> Iterator[tuple[str, str]]:
    """The name and URL of another ledger."""
    name = engines.name("second")
    yield name, engines.migrated_database(name)
    engines.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def groups(engines: SessionEngines, database_url: str, second: tuple[str, str]) -> AsyncIterator[TwoGroups]:
    pools = [await open_pool(url, 4) for url in (database_url, second[1])]
    for pool in pools:
        await fill_ledger(pool, KEYRING)
    directory = Directory(pools[0], KEYRING)
    await directory.refresh()
    ledgers = [EventLedger(pool, directory, KEYRING.derive("tombstone")) for pool in pools]
    yield TwoGroups(engines, second[0], pools, ledgers)
    for pool in pools:
        pool.terminate()


@pytest.fixture
def events(groups: TwoGroups) -> Events:
    directory = groups.ledgers[0].directory
    return GroupedCommit(group_of, app_of, lambda: GroupCommit(groups.commit, len, directory.catch_up, OutageLog()))


def purchase(app_id: str, event_id: str) -> list[NewEvent]:
    now = datetime.now(UTC)
    return [
        NewEvent(
            app_id=app_id, event_id=event_id, source="sdk", name="purchase", install_id="i-1", external_ids=(),
            occurred_at=now, received_at=now, value=None, currency=None, body={}, joined=False, flags=(),
        )
    ]  # fmt: skip


async def answers(events: Events, *requests: tuple[str, str]) -> list[str | int]:
    """What became of each, sent at once: its outcome, or the status of its refusal."""
    results = await asyncio.gather(*(events.submit(purchase(*request)) for request in requests), return_exceptions=True)
    return [
        result.status if isinstance(result, Refusal) else result[0]
        for result in results
        if isinstance(result, Refusal | list)
    ]


async def test_a_shard_group_that_is_away_refuses_its_own_apps_and_nothing_is_lost_or_stored_twice(
    groups: TwoGroups, events: Events
) -> None:
    assert await answers(events, (APP, "a1"), (OTHER_APP, "b1")) == ["accepted", "accepted"]
    groups.take_second_away()
    sent = [(APP, "a2"), (OTHER_APP, "b2"), (APP, "a3"), (OTHER_APP, "b3")]
    assert await answers(events, *sent) == ["accepted", 503, "accepted", 503]
    groups.bring_second_back()
    assert await answers(events, *sent) == ["duplicate", "accepted", "duplicate", "accepted"]
    assert await groups.stored() == [["a1", "a2", "a3"], ["b1", "b2", "b3"]]


async def test_a_shard_group_that_hangs_holds_up_no_other(groups: TwoGroups, events: Events) -> None:
    async with groups.pools[1].acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("LOCK TABLE events")
        stuck = asyncio.create_task(answers(events, (OTHER_APP, "b1")))
        assert await answers(events, (APP, "a1")) == ["accepted"]
        assert await answers(events, (APP, "a2")) == ["accepted"]
        assert not stuck.done()
        await transaction.rollback()
    assert await stuck == ["accepted"]


async def test_a_shard_group_for_which_too_much_waits_refuses_its_own_apps(
    groups: TwoGroups, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 1)
    async with groups.pools[1].acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("LOCK TABLE events")
        full = asyncio.create_task(answers(events, *((OTHER_APP, f"b{number}") for number in range(3))))
        assert await answers(events, (APP, "a1")) == ["accepted"]
        await transaction.rollback()
    assert await full == ["accepted", 503, 503]


async def test_draining_waits_for_every_shard_group(groups: TwoGroups, events: Events) -> None:
    waiting = asyncio.create_task(answers(events, (APP, "a1"), (OTHER_APP, "b1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await events.drain()
    assert await groups.stored() == [["a1"], ["b1"]]
    assert await waiting == ["accepted", "accepted"]


def test_on_one_postgresql_all_apps_lie_in_one_shard_group() -> None:
    assert one_group(APP) == one_group(OTHER_APP)
