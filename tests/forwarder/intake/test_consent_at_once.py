"""Two who speak of one install's consent at once, on real PostgreSQL: what was said last holds, and a refusal of the
same moment.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ledger.consent import BY_INSTALL, ConsentWord, event_word, note_consent
from ledger.events import NewEvent
from ledger.pool import open_pool
from ledger.stored_events import store_events
from tests.forwarder.api import APP, Api, opened_api, settings
from tests.ledger.waiting import until

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
INSTALL = (APP, "i-1")
GRANTED, DENIED = {"marketing": "granted"}, {"marketing": "denied"}
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE OF i%'
"""


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """What another process is about to say."""
    pool = await open_pool(database_url, 1)
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


async def said_by_event(connection: Any, answers: dict[str, str], at: datetime) -> None:
    """As a batch of events stores it, in the transaction that the caller opened."""
    event = NewEvent(
        app_id=APP, event_id="other", source="sdk", name="n", install_id="i-1", external_ids=(), occurred_at=at,
        received_at=NOW, value=None, currency=None, body={"consent": answers}, joined=True, flags=(),
    )  # fmt: skip
    await store_events(connection, [event])
    await note_consent(connection, [event_word(INSTALL, answers, at, "other")])


async def said_by_install(connection: Any, answers: dict[str, str], at: datetime) -> None:
    await note_consent(connection, [ConsentWord(INSTALL, answers, at, BY_INSTALL)])


async def post_event(api: Api, answers: dict[str, str], at: datetime) -> None:
    await api.events(
        {"event_id": "e", "install_id": "i-1", "name": "n", "consent": answers, "occurred_at": at.isoformat()}
    )


async def post_install(api: Api, answers: dict[str, str], at: datetime) -> None:
    await api.install(consent=answers, occurred_at=at.isoformat())


@pytest.mark.parametrize("ways", list(product([said_by_event, said_by_install], [post_event, post_install])))
@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (((DENIED, 40), (GRANTED, 30)), GRANTED),
        (((GRANTED, 30), (DENIED, 40)), GRANTED),
        (((DENIED, 30), (GRANTED, 40)), DENIED),
        (((GRANTED, 40), (DENIED, 30)), DENIED),
        (((DENIED, 30), (GRANTED, 30)), DENIED),
        (((GRANTED, 30), (DENIED, 30)), DENIED),
    ],
    ids=[
        "consent after an older refusal", "an older refusal after consent", "older consent after a refusal",
        "a refusal after older consent", "consent of a refusal's moment", "a refusal of a consent's moment",
    ],
)  # fmt: skip
async def test_the_later_of_two_words_at_once_holds(
    api: Api, other: Any, ways: tuple[Any, Any], words: tuple[Any, Any], holds: dict[str, str]
) -> None:
    (say, post), (said, posted) = ways, words
    await post_install(api, GRANTED, ago(90))
    transaction = other.transaction()
    await transaction.start()
    await say(other, said[0], ago(said[1]))
    request = asyncio.create_task(post(api, posted[0], ago(posted[1])))

    async def waits() -> bool:
        return bool(await api.pool.fetchval(WAITING)) or request.done()

    await until(waits)
    await transaction.commit()
    await request
    assert await api.pool.fetchval("SELECT body -> 'consent' FROM installs") == holds


async def test_consent_said_again_by_events_does_not_write_the_install_anew(api: Api) -> None:
    await post_install(api, GRANTED, ago(90))
    before = await api.pool.fetchval("SELECT ctid FROM installs")
    await post_event(api, GRANTED, ago(30))
    assert await api.pool.fetchval("SELECT ctid FROM installs") == before
