"""Rule 4: nothing is kept longer than it may be, in no table and under no key."""

import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from clicks import keys
from tests.engines import short_directory
from tests.forwarder.api import APP, IP, Api, referrer
from tests.privacy.conftest import Service
from tests.privacy.lifetimes import CLICKS_DAYS, KEYS, LEDGER_DAYS, TABLES, Kept
from tests.redirector.serving import publish, running, ttclid, wait_for
from tests.redirector.wire import ask
from tests.redis_clients import open_redis

pytestmark = pytest.mark.anyio

BY_AGE = {table: kept for table, kept in TABLES.items() if isinstance(kept, Kept)}
GONE = -2  # since it was listed
PARTITIONS = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
# of each table that no request of this test's fills, a row as it is written today
WRITTEN = """
INSERT INTO charge_refunds (app_id, charge_id, refund_id, amount, at) VALUES ('{app}', 'ch_1', 're_1', 1, now());
INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, people, body)
    VALUES ('{app}', 'stripe', 'evt_1', 'x', 'unread', now(), '{{}}', 'a body');
INSERT INTO ad_names (kind, id, name) VALUES ('ad', '1', 'Blue');
INSERT INTO input_set_aside VALUES ('{app}', current_date, 'user.country', 'unknown', 1);
INSERT INTO count_drains (drain_id, at) VALUES ('d', now());
INSERT INTO replays (app_id, actor, asked_at, delivery_ids, refused) VALUES ('{app}', 'anna', now(), '{{1}}', '[]');
INSERT INTO oauth_states VALUES ('{app}', 'nonce', now());
INSERT INTO users (email, password_hash, role, created_at) VALUES ('anna@example.com', 'x', 'owner', now());
INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, browser, address)
    SELECT '\\x01', user_id, now(), now(), 'Firefox', '203.0.113.0/24' FROM users;
INSERT INTO sent_forms (session, form_id, at) VALUES ('\\x01', 'f', now());
"""


async def test_every_table_has_its_line(service: Service) -> None:
    rows = await service.api.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    partitions = {row["relname"] for row in await service.api.pool.fetch(PARTITIONS)}
    assert {row["tablename"] for row in rows} - partitions == set(TABLES)


async def test_a_table_with_the_age_of_its_rows_in_it_is_cut_by_it_or_says_why_not(service: Service) -> None:
    """A line that says a table goes by age names a column that it has."""
    for table, kept in BY_AGE.items():
        assert await service.api.pool.fetchval(
            "SELECT true FROM information_schema.columns WHERE table_name = $1 AND column_name = $2", table, kept.column
        ), table


async def older_than(pool: asyncpg.Pool, now: datetime, wanted: dict[str, Kept]) -> dict[str, int]:
    """Table -> rows that are older than they may be."""
    found = {}
    for table, kept in wanted.items():
        statement = f"SELECT count(*) FROM {table} WHERE {kept.column} < $1::timestamptz - interval '{kept.days} days'"  # noqa: S608
        found[table] = await pool.fetchval(statement, now)
    return {table: rows for table, rows in found.items() if rows}


async def filled(service: Service) -> None:
    """Everything that lives by its age: an attributed install with an event of a person, delivered, and the rest."""
    api = service.api
    click_id = await api.click(ago_s=60)
    await api.click(ip="203.0.113.8")
    await api.install(click_id=click_id, install_referrer=referrer(click_id), user={"external_id": "u-1"})
    await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase", "user": {"external_id": "u-2"}})
    await service.deliver()
    for statement in WRITTEN.format(app=APP).split(";\n"):
        if statement.strip():
            await api.pool.execute(statement)


async def clicks_everywhere(api: Api, service: Service) -> int:
    found = [await service.job.clicks.find(address, 0, 2**41) for address in (IP, "203.0.113.8")]
    return sum(map(len, found))


async def test_nothing_is_older_than_it_may_be_once_the_time_has_passed(service: Service) -> None:
    await filled(service)
    pool, start = service.api.pool, datetime.now(UTC)
    service.clock.now = start + timedelta(days=4)
    await service.do("move old clicks")
    assert [key async for key in service.job.redis.scan_iter(match=keys.CLICKS + b"*")] == []
    assert await clicks_everywhere(service.api, service) == 2
    everything = start + timedelta(days=LEDGER_DAYS + 2)
    assert set(await older_than(pool, everything, BY_AGE)) >= set(BY_AGE) - {"cold_clicks", "cold_click_pages"}
    for days in (1.1, 2.1, 7.1, 30.1, LEDGER_DAYS + 0.1, LEDGER_DAYS + 1.1):
        service.clock.now = start + timedelta(days=days, seconds=60)
        await service.do("delete old rows")
        if days > CLICKS_DAYS:
            await service.do("move old clicks")
        assert await older_than(pool, service.clock.now, BY_AGE) == {}, days
    for table in BY_AGE:
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608


async def test_clicks_go_from_both_places_at_the_end_of_their_own_retention(service: Service) -> None:
    await service.api.click()
    start = datetime.now(UTC)
    service.clock.now = start + timedelta(days=4)
    await service.do("move old clicks")
    for days, left in ((CLICKS_DAYS - 1, 1), (CLICKS_DAYS + 2, 0)):
        service.clock.now = start + timedelta(days=days)
        await service.do("move old clicks")
        rows: Any = await service.api.pool.fetchval(
            "SELECT (SELECT count(*) FROM cold_clicks) + (SELECT count(*) FROM cold_click_pages)"
        )
        assert rows == left, days


async def test_a_younger_retention_is_kept_to(service: Service) -> None:
    await service.api.install()
    context = service.job.delivery_context
    shorter = context.settings.model_copy(update={"ledger_retention_days": 10})
    service.job = dataclasses.replace(service.job, delivery_context=dataclasses.replace(context, settings=shorter))
    service.clock.turn(days=11)
    await service.do("delete old rows")
    assert [await service.api.count("installs"), await service.api.count("events")] == [0, 0]


async def test_what_is_waiting_longer_than_its_retention_is_not_sent(service: Service) -> None:
    """A clock that is wrong, or a worker that slept for half a year."""
    await service.api.install()
    service.clock.turn(days=LEDGER_DAYS + 1)
    await service.deliver()
    assert await service.sent() == []


def families() -> dict[str, bytes]:
    return {name: value for name, value in vars(keys).items() if isinstance(value, bytes)}


def test_every_key_has_its_line() -> None:
    assert set(families()) == set(KEYS)


def family_of(key: bytes) -> str:
    """The longest name of `clicks.keys` that a key begins with."""
    return max((name for name, start in families().items() if key.startswith(start)), key=lambda n: len(families()[n]))


WRITTEN_BY_CLICKS = {"CLICKS", "TEXTS", "APPLIED", "COUNTS", "NAMES"}


def test_every_key_that_a_redirector_writes_is_let_go_in_time(redis_url: str) -> None:
    publish(redis_url)
    with short_directory() as directory, open_redis(redis_url) as client:
        numbers = count()

        def all_are_there() -> bool:
            ask(redirector.port, f"/spring?campaign_id=17&campaign_name=Spring&ttclid={ttclid(next(numbers))}")
            return {family_of(key) for key in client.scan_iter()} >= WRITTEN_BY_CLICKS

        with running(redis_url, Path(directory), REDIS_BUDGET_MS="5000") as redirector:
            wait_for(all_are_there)
            found = {key: client.ttl(key) for key in client.scan_iter()}
    for key, ttl_s in found.items():
        longest = KEYS[family_of(key)]
        if isinstance(longest, int):
            assert 0 <= ttl_s <= longest or ttl_s == GONE, (key, ttl_s)


async def test_the_tombstone_of_a_click_lasts_as_long_as_a_click(service: Service) -> None:
    await service.job.clicks.erase(await service.api.click())
    [key] = [key async for key in service.job.redis.scan_iter(match=keys.ERASED + b"*")]
    longest = KEYS["ERASED"]
    assert isinstance(longest, int)
    assert longest - 60 < await service.job.redis.ttl(key) <= longest
