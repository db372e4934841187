"""Signing in: who, how often, for how long."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from admin.refusal import Refused
from admin.session import Session
from admin.sign_in import (
    TooManyTries,
    browser_family,
    end_own_session,
    network_of,
    open_throttle,
    own_sessions,
    sign_in,
    sign_in_as,
    signed_in,
)
from admin.throttle import Throttle
from admin.users import Role, create_user
from ledger.users import set_password_hash, user_of_email

pytestmark = pytest.mark.anyio

ANNA = "anna@example.com"
PASSWORD = "kettle-on-the-stove"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
async def throttle(session: Session) -> AsyncIterator[Throttle]:
    async with open_throttle(session.settings) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def anna(session: Session) -> None:
    await create_user(session, ANNA, Role.OWNER, PASSWORD)


async def tries(session: Session, throttle: Throttle, email: str, password: str, address: str = "203.0.113.9") -> str:
    return await sign_in(session, throttle, (email, password), FIREFOX, address)


async def test_the_right_password_is_a_session(session: Session, throttle: Throttle) -> None:
    token = await tries(session, throttle, " ANNA@example.com ", PASSWORD)
    user = await signed_in(session, token)
    assert user is not None
    assert (user.email, user.role, user.browser, user.address) == (ANNA, Role.OWNER, "Firefox", "203.0.113.0/24")


async def test_the_token_is_not_in_the_ledger(session: Session, throttle: Throttle) -> None:
    token = await tries(session, throttle, ANNA, PASSWORD)
    assert token not in str(await session.database.fetch("SELECT * FROM sessions"))


async def test_five_tries_a_minute_for_an_account_wherever_they_come_from(session: Session, throttle: Throttle) -> None:
    for number in range(5):
        with pytest.raises(Refused, match="do not fit together"):
            await tries(session, throttle, ANNA, "wrong-password", f"198.51.100.{number}")
    with pytest.raises(TooManyTries):
        await tries(session, throttle, ANNA, PASSWORD, "198.51.100.99")


async def test_five_tries_a_minute_from_an_address_whoever_is_named(session: Session, throttle: Throttle) -> None:
    for number in range(5):
        with pytest.raises(Refused, match="do not fit together"):
            await tries(session, throttle, f"user{number}@example.com", "wrong-password")
    with pytest.raises(TooManyTries):
        await tries(session, throttle, ANNA, PASSWORD)
    await tries(session, throttle, ANNA, PASSWORD, "198.51.100.1")


async def test_signing_in_rightly_uses_up_no_try(session: Session, throttle: Throttle) -> None:
    for _ in range(8):
        await tries(session, throttle, ANNA, PASSWORD)


async def test_tries_are_counted_for_all_processes_together(session: Session, throttle: Throttle) -> None:
    async with open_throttle(session.settings) as of_another_process:
        for one in (throttle, of_another_process) * 3:
            allowed = await one.allows("account:x")
    assert not allowed


async def test_a_minute_later_there_are_five_again(session: Session) -> None:
    now = [1000.0]
    throttle = Throttle(None, lambda: now[0])
    assert [await throttle.allows("x") for _ in range(6)] == [True] * 5 + [False]
    now[0] += 61
    assert await throttle.allows("x")


async def test_in_redis_the_count_ends_by_itself(throttle: Throttle) -> None:
    await throttle.allows("x")
    assert throttle.redis is not None
    (key,) = [key async for key in throttle.redis.scan_iter(b"tries:*")]
    assert 0 < await throttle.redis.ttl(key) <= 60


async def test_without_redis_tries_are_counted_all_the_same(session: Session) -> None:
    settings = session.settings.model_copy(update={"redis_url": "redis://127.0.0.1:9"})
    async with open_throttle(settings) as throttle:
        assert [await throttle.allows("x") for _ in range(6)] == [True] * 5 + [False]
        await throttle.forgive("x")
        assert await throttle.allows("y")


async def test_memory_without_redis_has_an_end() -> None:
    now = [0.0]
    throttle = Throttle(None, lambda: now[0])
    for number in range(10_001):
        now[0] += 0.1
        await throttle.allows(str(number))
    assert len(throttle._local) < 1_000


async def test_a_password_of_older_days_is_hashed_anew(session: Session, throttle: Throttle) -> None:
    user = await user_of_email(session.database, ANNA)
    assert user is not None
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await set_password_hash(session.database, user.user_id, weak)
    await tries(session, throttle, ANNA, PASSWORD)
    again = await user_of_email(session.database, ANNA)
    assert again is not None
    assert again.password_hash != weak
    assert not PasswordHasher().check_needs_rehash(again.password_hash)


@pytest.mark.parametrize(("column", "age"), [("last_seen_at", timedelta(hours=12)), ("created_at", timedelta(days=7))])
async def test_a_session_ends_by_itself(session: Session, column: str, age: timedelta) -> None:
    token = await sign_in_as(session, ANNA, FIREFOX, "127.0.0.1")
    older = f"UPDATE sessions SET {column} = {column} - $1::interval"  # noqa: S608 -- a column of the test
    await session.database.execute(older, age - timedelta(minutes=1))
    assert await signed_in(session, token) is not None
    await session.database.execute(older, timedelta(minutes=14 * 60))
    assert await signed_in(session, token) is None


async def test_a_page_keeps_the_session_awake(session: Session) -> None:
    token = await sign_in_as(session, ANNA, FIREFOX, "127.0.0.1")
    for _ in range(3):
        await session.database.execute("UPDATE sessions SET last_seen_at = last_seen_at - interval '11 hours'")
        assert await signed_in(session, token) is not None


async def test_ended_sessions_are_deleted_when_somebody_signs_in(session: Session) -> None:
    await sign_in_as(session, ANNA, FIREFOX, "127.0.0.1")
    await session.database.execute("UPDATE sessions SET last_seen_at = now() - interval '13 hours'")
    await sign_in_as(session, ANNA, FIREFOX, "127.0.0.1")
    assert await session.database.fetchval("SELECT count(*) FROM sessions") == 1


async def test_one_ends_ones_own_sessions_alone(session: Session) -> None:
    await create_user(session, "ben@example.com", Role.VIEWER, PASSWORD)
    bens = await signed_in(session, await sign_in_as(session, "ben@example.com", FIREFOX, "127.0.0.1"))
    anna = await signed_in(session, await sign_in_as(session, ANNA, FIREFOX, "127.0.0.1"))
    assert bens is not None
    assert anna is not None
    with pytest.raises(Refused, match=r"^session: it has ended already"):
        await end_own_session(session, anna.user_id, bens.token_hash)
    assert len(await own_sessions(session, bens.user_id)) == 1
    await end_own_session(session, anna.user_id, anna.token_hash)
    assert await own_sessions(session, anna.user_id) == []


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        (FIREFOX, "Firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
            "Chrome",
        ),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0", "Edge"),
        ("", "another browser"),
    ],
)
async def test_of_a_browser_its_family_is_kept_alone(user_agent: str, family: str) -> None:
    assert browser_family(user_agent) == family


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("", "unknown"), ("x", "unknown")],
)
async def test_of_an_address_the_network_is_kept_alone(address: str, network: str) -> None:
    assert network_of(address) == network
