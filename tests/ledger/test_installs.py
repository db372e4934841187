"""Installs: the first of an id stands; its match may come later."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ledger.installs import (
    Install,
    apps_with_pending,
    get_install,
    get_installs,
    installs_of_people,
    known_installs,
    pending_installs,
    update_matches,
)
from ledger.pool import open_pool
from ledger.stored_installs import NewInstalls, store_installs

pytestmark = pytest.mark.anyio

APP = "app_a"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 3)
    await opened.execute(
        "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ('app_a', 'A', '\\x01', '\\x01'),"
        " ('app_b', 'B', '\\x02', '\\x02')"
    )
    yield opened
    await opened.close()


def install(install_id: str = "i", **columns: Any) -> Install:
    values: dict[str, Any] = {
        "app_id": APP, "install_id": install_id, "platform": "ios", "occurred_at": NOW, "received_at": NOW,
        "body": {"platform": "ios", "consent": {"marketing": "granted"}}, "match_method": "none",
        "match_probability": None, "match_reason": "nobody", "match_detail": {"tiers": {}}, "click_id": None,
        "click": None, "external_ids": (),
    }  # fmt: skip
    return Install(**(values | columns))


async def test_what_goes_in_comes_out(pool: asyncpg.Pool) -> None:
    stored = install(
        match_method="probabilistic", match_probability=0.97, match_reason="", click_id="c",
        click={"click_id": "c", "at_ms": 1}, external_ids=("u-1", "ü 2"),
        body={"platform": "ios", "x": [1, {"y": None}]},
    )  # fmt: skip
    assert await store_installs(pool, NewInstalls([stored])) == {(APP, "i")}
    assert await get_install(pool, APP, "i") == stored


async def test_the_first_install_of_an_id_stands(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install(match_reason="first")]))
    assert await store_installs(pool, NewInstalls([install(match_reason="second"), install("j")])) == {(APP, "j")}
    found = await get_installs(pool, [(APP, "i"), (APP, "j"), (APP, "k"), ("app_b", "i")])
    assert {key: row.match_reason for key, row in found.items()} == {(APP, "i"): "first", (APP, "j"): "nobody"}


async def test_a_match_that_was_pending_is_written_later(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install(match_method="pending"), install("j")]))
    async with pool.acquire() as connection, connection.transaction():
        [waiting] = await pending_installs(connection, APP, 10, NOW)
        assert waiting.install_id == "i"
        await update_matches(connection, [install(match_method="referrer", click_id="c", click={"at_ms": 1})])
        assert await pending_installs(connection, APP, 10, NOW) == []
    row = await get_install(pool, APP, "i")
    assert row is not None
    assert (row.match_method, row.click_id, row.click) == ("referrer", "c", {"at_ms": 1})


async def test_a_pending_install_is_left_alone_until_it_is_to_be_looked_at_again(pool: asyncpg.Pool) -> None:
    later = NOW + timedelta(seconds=5)
    await store_installs(
        pool, NewInstalls([install(match_method="pending", match_detail={"look_again_at": later.timestamp()})])
    )
    async with pool.acquire() as connection, connection.transaction():
        assert await pending_installs(connection, APP, 10, NOW) == []
        assert await apps_with_pending(connection, NOW) == []
        assert len(await pending_installs(connection, APP, 10, later)) == 1
        assert await apps_with_pending(connection, later) == [APP]


async def test_only_the_named_apps_pending_installs_are_taken(pool: asyncpg.Pool) -> None:
    await store_installs(
        pool, NewInstalls([install(match_method="pending"), install("j", app_id="app_b", match_method="pending")])
    )
    assert await apps_with_pending(pool, NOW) == [APP, "app_b"]
    async with pool.acquire() as connection, connection.transaction():
        assert [row.key for row in await pending_installs(connection, "app_b", 10, NOW)] == [("app_b", "j")]


async def test_two_workers_never_take_the_same_pending_install(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install(str(number), match_method="pending") for number in range(4)]))
    async with pool.acquire() as one, pool.acquire() as two, one.transaction(), two.transaction():
        first, second = await pending_installs(one, APP, 2, NOW), await pending_installs(two, APP, 10, NOW)
    assert {row.install_id for row in first}.isdisjoint(row.install_id for row in second)
    assert len(first) + len(second) == 4


async def test_events_learn_the_consent_and_match_of_their_install(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install(external_ids=("u",)), install("j", body={"platform": "ios"})]))
    known = await known_installs(pool, [(APP, "i"), (APP, "j"), (APP, "k")])
    assert {key: (row.match_method, row.consent) for key, row in known.items()} == {
        (APP, "i"): ("none", {"marketing": "granted"}),
        (APP, "j"): ("none", {}),
    }


async def test_a_person_is_their_latest_install_within_the_app(pool: asyncpg.Pool) -> None:
    await store_installs(
        pool,
        NewInstalls(
            [
                install("new", external_ids=("v", "u"), received_at=NOW + timedelta(hours=1)),
                install("old", external_ids=("u",)),
                install("foreign", app_id="app_b", external_ids=("u",), received_at=NOW + timedelta(hours=2)),
            ]
        ),
    )
    found = await installs_of_people(pool, [(APP, "u"), (APP, "nobody")])
    assert {key: row.install_id for key, row in found.items()} == {(APP, "u"): "new"}
