"""Everything encrypted in the ledger is known, and is replaced only where it still stands."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.grants import NewGrant, store_grant
from ledger.stored_secrets import StoredSecret, all_stored_secrets, replace_stored_secret
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ENCRYPTED_COLUMNS = """
SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
    AND (column_name LIKE '%encrypted' OR column_name LIKE '%secret%')
"""
KNOWN = {
    "apps.api_key_encrypted",
    "apps.previous_api_key_encrypted",
    "apps.secrets",
    "pixels.token_encrypted",
    "tiktok_grants.access_token_encrypted",
    "tiktok_grants.refresh_token_encrypted",
}


@pytest.fixture
async def filled(database_url: str) -> AsyncIterator[Any]:
    """A ledger with one of each."""
    async with opened_rows(database_url) as rows:
        text = base64.b64encode(b"hook").decode()
        await rows.pool.execute("UPDATE apps SET secrets = $2 WHERE app_id = $1", APP, {"stripe_secret": text})
        await rows.pool.execute(
            "UPDATE apps SET previous_api_key_hash = 'h', previous_api_key_encrypted = 'before',"
            " previous_key_until = now() + interval '1 hour' WHERE app_id = $1", APP,
        )  # fmt: skip
        await store_grant(rows.pool, NewGrant(APP, b"access", b"refresh", None, ()), NOW)
        yield rows.pool


async def test_no_column_that_holds_something_encrypted_is_forgotten(filled: Any) -> None:
    assert {row[0] for row in await filled.fetch(ENCRYPTED_COLUMNS)} == KNOWN


async def test_each_is_found_with_what_it_is_bound_to(filled: Any) -> None:
    found = {secret.record: secret.encrypted for secret in await all_stored_secrets(filled)}
    assert found[f"app:{APP}:stripe_secret"] == b"hook"
    assert found[f"grant:{APP}:access_token"] == b"access"
    assert found[f"grant:{APP}:refresh_token"] == b"refresh"
    assert {record.rpartition(":")[2] for record in found} == {
        "api_key", "stripe_secret", "token", "access_token", "refresh_token",
    }  # fmt: skip


async def test_each_can_be_replaced_once(filled: Any) -> None:
    before = await all_stored_secrets(filled)
    assert [await replace_stored_secret(filled, one, b"anew") for one in before] == [True] * len(KNOWN)
    assert {one.encrypted for one in await all_stored_secrets(filled)} == {b"anew"}
    assert [await replace_stored_secret(filled, one, b"late") for one in before] == [False] * len(KNOWN)
    assert {one.encrypted for one in await all_stored_secrets(filled)} == {b"anew"}


async def test_the_other_settings_of_an_app_stay(filled: Any) -> None:
    await filled.execute("""UPDATE apps SET secrets = secrets || '{"adapty_secret": "b3RoZXI="}'""")
    hook = await one_of(filled, "stripe_secret")
    assert await replace_stored_secret(filled, hook, b"anew")
    assert (await one_of(filled, "adapty_secret")).encrypted == b"other"


async def test_a_key_that_opens_no_more_is_passed_over(filled: Any) -> None:
    assert b"before" in {one.encrypted for one in await all_stored_secrets(filled)}
    await filled.execute("UPDATE apps SET previous_key_until = now() - interval '1 second'")
    assert b"before" not in {one.encrypted for one in await all_stored_secrets(filled)}


async def test_what_was_changed_by_hand_is_told_as_something_that_does_not_open(filled: Any) -> None:
    await filled.execute("""UPDATE apps SET secrets = '{"stripe_secret": "no base64!"}'""")
    assert (await one_of(filled, "stripe_secret")).encrypted == b""


async def one_of(pool: Any, ending: str) -> StoredSecret:
    return next(one for one in await all_stored_secrets(pool) if one.record.endswith(ending))
