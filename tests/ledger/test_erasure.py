"""Erasing, and the tombstones that stay."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from ledger.claims import claim_clicks
from ledger.deliveries import NewDelivery
from ledger.erasure import erase, erase_click, erase_what_came, erased, find_clicks, tombstone, tombstones
from ledger.installs import get_install
from ledger.partitions import LAYOUTS, Layout
from ledger.pool import open_pool
from ledger.stored_events import store_events
from ledger.stored_installs import NewInstalls, store_installs
from tests.ledger.test_events import event
from tests.ledger.test_installs import APP, NOW, install

pytestmark = pytest.mark.anyio


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    """An erasure reaches the same however the ledger lies."""
    given: Layout = request.param
    return given


KEYS = (b"new", b"old")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 2)
    await opened.execute(
        "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ('app_a', 'A', '\\x01', '\\x01'),"
        " ('app_b', 'B', '\\x02', '\\x02')"
    )
    await opened.execute(
        "INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ('px', 'app_a', 'C', '\\x01')"
    )
    yield opened
    await opened.close()


async def fill(pool: asyncpg.Pool) -> None:
    """Two installs of one person, one of another, the same id in another app; events and a sent delivery."""
    click = {"click_id": "c", "at_ms": 1, "ttclid": "secret"}
    await store_installs(
        pool,
        NewInstalls(
            [
                install("i", external_ids=("u",), match_method="referrer", click_id="c", click=click),
                install("j", external_ids=("u", "v")),
                install("k"),
                install("i", app_id="app_b", external_ids=("u",)),
            ]
        ),
    )
    await claim_clicks(pool, [("c", APP, "i"), ("d", "app_b", "i")])
    await store_events(
        pool,
        [event("e1"), event("e2", install_id=None, external_ids=("u",)), event("e3", install_id="k")],
        [NewDelivery(APP, "px", "x", "e1", "purchase", "Purchase", "i", "due", "", NOW)],
    )
    await pool.execute("UPDATE deliveries SET payload = 'secret'")


async def left(pool: asyncpg.Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT app_id, install_id FROM installs ORDER BY 1, 2")
    return [(row["app_id"], row["install_id"]) for row in rows]


async def test_an_install_goes_with_its_events_deliveries_and_claim(pool: asyncpg.Pool) -> None:
    await fill(pool)
    assert await find_clicks(pool, APP, "i", None) == ["c"]
    gone = await erase(pool, KEYS[0], APP, install_id="i")
    assert (gone.install_ids, gone.events, gone.click_ids) == (("i",), 1, ("c",))
    assert await left(pool) == [(APP, "j"), (APP, "k"), ("app_b", "i")]
    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 0
    assert [row["click_id"] for row in await pool.fetch("SELECT click_id FROM click_claims")] == ["d"]


async def test_a_person_goes_with_every_install_and_event(pool: asyncpg.Pool) -> None:
    await fill(pool)
    gone = await erase(pool, KEYS[0], APP, external_id="u")
    assert (gone.install_ids, gone.events) == (("i", "j"), 2)
    assert await left(pool) == [(APP, "k"), ("app_b", "i")]
    hashes = {row["hash"] for row in await pool.fetch("SELECT hash FROM tombstones")}
    assert hashes == {
        tombstone(KEYS[0], APP, "person", "u"), tombstone(KEYS[0], APP, "install", "i"),
        tombstone(KEYS[0], APP, "install", "j"),
    }  # fmt: skip


async def test_an_install_that_is_a_persons_by_their_events_alone_goes_with_them(pool: asyncpg.Pool) -> None:
    await fill(pool)
    signed_in = [event(f"of {one}", install_id=one, external_ids=("w",), joined=True) for one in ("k", "i")]
    await store_events(pool, signed_in)
    await pool.execute("INSERT INTO person_installs VALUES ($1, 'w', 'j', $2)", APP, NOW)
    assert await find_clicks(pool, APP, None, "w") == ["c"]
    gone = await erase(pool, KEYS[0], APP, external_id="w")
    assert (gone.install_ids, gone.click_ids) == (("i", "j", "k"), ("c",))
    assert await left(pool) == [("app_b", "i")]
    assert [row["event_id"] for row in await pool.fetch("SELECT event_id FROM events")] == ["e2"]  # another person's


async def test_what_a_platform_calls_a_person_besides_is_kept_out_unless_somebody_left_has_it(
    pool: asyncpg.Pool,
) -> None:
    await fill(pool)
    people = ("u", "$anonymous", "cus_1", "guest", "k", "v2")
    sale = event("sale", source="stripe", install_id=None, external_ids=people)
    others = event("other", source="stripe", install_id="k", external_ids=("guest",), joined=True)
    signed_in = event("e4", external_ids=("u", "given by the app"))
    await store_events(pool, [sale, others, signed_in])
    await pool.execute("INSERT INTO person_installs VALUES ($1, 'v2', 'k', $2)", APP, NOW)
    await erase(pool, KEYS[0], APP, external_id="u")
    kept_out = []
    for person in (*people, "given by the app"):
        kept_out += [person] if await erased(pool, tombstones(KEYS, APP, None, (person,))) else []
    assert kept_out == ["u", "$anonymous", "cus_1"]


async def test_events_that_came_before_their_install_are_erased_by_its_id(pool: asyncpg.Pool) -> None:
    await store_events(pool, [event("e1", install_id="early")])
    gone = await erase(pool, KEYS[0], APP, install_id="early")
    assert (gone.install_ids, gone.events) == ((), 1)
    assert await pool.fetchval("SELECT count(*) FROM tombstones") == 1


async def test_where_nothing_was_no_tombstone_is_laid(pool: asyncpg.Pool) -> None:
    gone = await erase(pool, KEYS[0], APP, install_id="nobody")
    assert (gone.install_ids, gone.events) == ((), 0)
    assert await pool.fetchval("SELECT count(*) FROM tombstones") == 0


async def test_a_tombstone_laid_with_an_older_key_still_stands(pool: asyncpg.Pool) -> None:
    await fill(pool)
    await erase(pool, b"old", APP, install_id="i")
    asked = tombstones(KEYS, APP, "i", ())
    assert await erased(pool, asked) == {tombstone(b"old", APP, "install", "i")}
    assert await erased(pool, tombstones(KEYS, "app_b", "i", ("u",))) == frozenset()


async def test_a_tombstone_names_nobody() -> None:
    hashes = tombstones((b"k",), APP, "same", ("same",))
    assert len(set(hashes)) == 2
    assert all(b"same" not in one and len(one) == 32 for one in hashes)


async def test_an_erased_click_leaves_its_install_unattributed(pool: asyncpg.Pool) -> None:
    await fill(pool)
    assert await erase_click(pool, APP, "c") == 1
    row = await get_install(pool, APP, "i")
    assert row is not None
    assert (row.match_method, row.match_reason, row.click_id, row.click) == ("none", "the click was erased", None, None)
    assert await pool.fetchval("SELECT payload FROM deliveries") is None
    assert await erase_click(pool, APP, "c") == 0


LOGGED = """
INSERT INTO attempts (app_id, delivery_id, event_key, at, outcome, ms, payload)
SELECT app_id, delivery_id, event_key, now(), 'invalid', 1, 'secret' FROM deliveries
"""


async def test_an_erased_click_leaves_the_log_of_what_was_sent_before_a_replay(pool: asyncpg.Pool) -> None:
    await fill(pool)
    await pool.execute(LOGGED)
    await erase_click(pool, APP, "c")
    assert [row["payload"] for row in await pool.fetch("SELECT payload FROM attempts")] == [None]


@pytest.mark.parametrize(
    ("state", "lease", "left"),
    [("sending", "worker", ("due", None)), ("due", None, ("due", None)), ("delivered", None, ("delivered", None))],
)
async def test_whoever_is_sending_an_erased_click_loses_the_right_to(
    pool: asyncpg.Pool, state: str, lease: str | None, left: tuple[str, str | None]
) -> None:
    await fill(pool)
    await pool.execute("UPDATE deliveries SET state = $1, lease = $2", state, lease)
    await erase_click(pool, APP, "c")
    assert tuple(await pool.fetchrow("SELECT state, lease FROM deliveries")) == left


async def test_an_install_that_came_meanwhile_takes_along_what_had_waited_for_it(pool: asyncpg.Pool) -> None:
    await store_events(pool, [event("early", received_at=NOW - timedelta(hours=1)), event("other", install_id="k")])
    await store_installs(pool, NewInstalls([install("i", external_ids=("u",))]))
    gone = await erase_what_came(pool, KEYS[0], APP, external_id="u")
    assert (gone.install_ids, gone.events) == (("i",), 1)
    assert [row["event_id"] for row in await pool.fetch("SELECT event_id FROM events")] == ["other"]
