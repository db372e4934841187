"""Grants in the ledger."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ledger.grants import (
    PROBE_BROKEN_EVERY,
    PROBE_EVERY,
    Grant,
    NewGrant,
    all_grants,
    delete_grant,
    get_grant,
    mark_broken,
    mark_ok,
    next_probe,
    replace_tokens,
    store_grant,
    take_grant_probes,
)
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)
A_GRANT = NewGrant(APP, b"sealed", None, None, ("4", "7224195155857866754"))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        yield rows.pool


async def stored(pool: Any, grant: NewGrant) -> Grant:
    await store_grant(pool, grant, NOW)
    found = await get_grant(pool, grant.app_id)
    assert found is not None
    return found


async def test_what_is_stored_is_read_back_and_asked_after_a_day_later(pool: Any) -> None:
    await store_grant(pool, A_GRANT, NOW)
    grant = await get_grant(pool, APP)
    assert grant is not None
    assert await all_grants(pool) == [grant]
    assert (grant.access_token_encrypted, grant.refresh_token_encrypted, grant.expires_at) == (b"sealed", None, None)
    assert grant.scopes == ("4", "7224195155857866754")
    assert (grant.state, grant.reason, grant.connected_at) == ("ok", "", NOW)
    assert grant.probe_at == NOW + PROBE_EVERY
    assert await get_grant(pool, SECOND_APP) is None


async def test_connecting_again_takes_the_place_of_a_broken_grant(pool: Any) -> None:
    grant = await stored(pool, A_GRANT)
    await mark_broken(pool, grant, "40105: Access token is incorrect or has been revoked.", NOW)
    await store_grant(pool, NewGrant(APP, b"anew", b"refresh", LATER, ()), NOW)
    [grant] = await all_grants(pool)
    assert (grant.access_token_encrypted, grant.refresh_token_encrypted) == (b"anew", b"refresh")
    assert (grant.expires_at, grant.scopes) == (LATER, ())
    assert (grant.state, grant.reason, grant.connected_at) == ("ok", "", NOW)


async def test_breaking_and_healing_are_told_once_each(pool: Any) -> None:
    grant = await stored(pool, A_GRANT)
    assert not await mark_ok(pool, grant, NOW)
    assert await mark_broken(pool, grant, "revoked", LATER)
    assert not await mark_broken(pool, grant, "revoked still", LATER)
    broken = await get_grant(pool, APP)
    assert broken is not None
    assert (broken.state, broken.reason, broken.checked_at) == ("broken", "revoked still", LATER)
    assert broken.probe_at == LATER + PROBE_BROKEN_EVERY
    assert await mark_ok(pool, grant, LATER)
    healed = await get_grant(pool, APP)
    assert healed is not None
    assert (healed.state, healed.reason, healed.probe_at) == ("ok", "", LATER + PROBE_EVERY)


async def test_what_is_said_of_a_token_does_not_fall_on_its_successor(pool: Any) -> None:
    old = await stored(pool, A_GRANT)
    await store_grant(pool, NewGrant(APP, b"anew", None, None, ()), LATER)
    assert not await mark_broken(pool, old, "revoked", LATER)
    assert not await replace_tokens(pool, old, NewGrant(APP, b"refreshed", None, LATER, ()), LATER)
    grant = await get_grant(pool, APP)
    assert grant is not None
    assert (grant.state, grant.access_token_encrypted) == ("ok", b"anew")


@pytest.mark.parametrize(
    ("left", "after"),
    [
        (None, PROBE_EVERY),
        (timedelta(days=365), PROBE_EVERY),
        (timedelta(hours=24), timedelta(hours=12)),
        (timedelta(seconds=30), timedelta(minutes=1)),
        (timedelta(days=-1), timedelta(minutes=1)),
    ],
)
def test_a_grant_is_asked_after_before_half_of_it_is_over(left: timedelta | None, after: timedelta) -> None:
    assert next_probe(None if left is None else NOW + left, NOW) == NOW + after


async def test_a_refresh_keeps_the_old_refresh_token_where_none_comes_anew(pool: Any) -> None:
    old = await stored(pool, NewGrant(APP, b"sealed", b"refresh", NOW, ("4",)))
    assert await replace_tokens(pool, old, NewGrant(APP, b"next", None, LATER, ()), NOW)
    grant = await get_grant(pool, APP)
    assert grant is not None
    assert (grant.access_token_encrypted, grant.refresh_token_encrypted) == (b"next", b"refresh")
    assert (grant.expires_at, grant.scopes, grant.connected_at) == (LATER, ("4",), NOW)


async def test_a_probe_is_given_to_one_caller_and_again_when_that_one_does_not_come_back(pool: Any) -> None:
    await store_grant(pool, A_GRANT, NOW)
    assert await take_grant_probes(pool, NOW + PROBE_EVERY - timedelta(seconds=1)) == []
    due = NOW + PROBE_EVERY
    assert [grant.app_id for grant in await take_grant_probes(pool, due)] == [APP]
    assert await take_grant_probes(pool, due) == []
    assert [grant.app_id for grant in await take_grant_probes(pool, due + timedelta(minutes=10))] == [APP]


async def test_deleting_gives_what_was_there(pool: Any) -> None:
    await store_grant(pool, A_GRANT, NOW)
    deleted = await delete_grant(pool, APP)
    assert deleted is not None
    assert deleted.access_token_encrypted == b"sealed"
    assert await delete_grant(pool, APP) is None


async def test_a_grant_is_an_apps(pool: Any) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await store_grant(pool, NewGrant("app_none", b"", None, None, ()), NOW)


async def test_a_refresh_is_kept_where_the_tokens_were_encrypted_anew_meanwhile(pool: Any) -> None:
    """TikTok takes the old refresh token no more: what it gave for it must not be lost."""
    old = await stored(pool, NewGrant(APP, b"sealed", b"refresh", NOW, ("4",)))
    await pool.execute("UPDATE tiktok_grants SET access_token_encrypted = 'anew' WHERE app_id = $1", APP)
    assert await replace_tokens(pool, old, NewGrant(APP, b"next", b"next refresh", LATER, ()), NOW)
