"""A credited click leaves the pool, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ledger.claims import claim_clicks, claimed_clicks, release_claims
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 10)
    yield opened
    await opened.close()


async def test_of_many_that_claim_a_click_at_once_one_wins(pool: asyncpg.Pool) -> None:
    won = await asyncio.gather(*(claim_clicks(pool, [("c", "app", f"i-{number}")]) for number in range(20)))
    assert sum(len(claims) for claims in won) == 1
    assert await claimed_clicks(pool, [("app", "c"), ("app", "d")]) == {"c"}


async def test_a_batch_wins_what_is_still_free(pool: asyncpg.Pool) -> None:
    await claim_clicks(pool, [("a", "app", "i-1")])
    assert await claim_clicks(pool, [("a", "app", "i-2"), ("b", "app", "i-3")]) == {("b", "app", "i-3")}


async def test_a_click_given_back_can_be_claimed_again_and_only_by_its_owner(pool: asyncpg.Pool) -> None:
    await claim_clicks(pool, [("a", "app", "i-1")])
    await release_claims(pool, [("a", "app", "i-2")])
    assert await claimed_clicks(pool, [("app", "a")]) == {"a"}
    await release_claims(pool, [("a", "app", "i-1")])
    assert await claimed_clicks(pool, [("app", "a")]) == frozenset()


async def test_a_click_is_claimed_within_its_app(pool: asyncpg.Pool) -> None:
    assert await claim_clicks(pool, [("a", "app", "i-1"), ("a", "other", "i-1")]) == {
        ("a", "app", "i-1"),
        ("a", "other", "i-1"),
    }
    await release_claims(pool, [("a", "app", "i-1")])
    assert await claimed_clicks(pool, [("app", "a")]) == frozenset()
    assert await claimed_clicks(pool, [("other", "a")]) == {"a"}


async def test_nothing_to_claim_asks_nothing(pool: asyncpg.Pool) -> None:
    assert await claim_clicks(pool, []) == set()
    assert await claimed_clicks(pool, []) == frozenset()
