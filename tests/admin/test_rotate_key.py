"""Another API key for an app, and the old one for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from admin.apps import create_app, rotate_key, show_app
from admin.refusal import Refused
from admin.session import Session
from ledger.audit import audit_entries

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app_id(session: Session) -> str:
    return (await create_app(session, "Tea", {}))["app_id"]


async def test_by_default_the_old_key_ends_at_once_and_the_answer_is_what_it_always_was(
    session: Session, app_id: str
) -> None:
    assert set(await rotate_key(session, app_id)) == {"app_id", "api_key"}
    assert "previous_key_until" not in await show_app(session, app_id)


async def test_an_old_key_that_is_kept_is_shown_with_its_end(session: Session, app_id: str) -> None:
    renewed = await rotate_key(session, app_id, 48)
    shown = await show_app(session, app_id)
    assert shown["previous_key_until"] == renewed["previous_key_until"]
    assert abs(shown["previous_key_until"] - datetime.now(UTC) - timedelta(hours=48)) < timedelta(minutes=10)
    assert session.notes == []


async def test_the_end_of_a_key_that_was_kept_is_no_longer_shown_once_it_has_come(
    session: Session, app_id: str
) -> None:
    await rotate_key(session, app_id, 48)
    await session.database.execute("UPDATE apps SET previous_key_until = now() - interval '1 second'")
    assert "previous_key_until" not in await show_app(session, app_id)


@pytest.mark.parametrize("hours", [0, 5])
async def test_a_second_rotation_says_that_the_key_that_was_kept_has_ended(
    session: Session, app_id: str, hours: int
) -> None:
    await rotate_key(session, app_id, 48)
    await rotate_key(session, app_id, hours)
    assert [note.startswith("the key before the old one") for note in session.notes] == [True]


async def test_the_log_says_how_long_the_old_key_goes_on(session: Session, app_id: str) -> None:
    renewed = await rotate_key(session, app_id, 48)
    entry = (await audit_entries(session.database, app_id, 1))[0]
    assert (entry["act"], entry["before"]) == ("app.rotate_key", {"previous_key_until": None})
    assert datetime.fromisoformat(entry["after"]["previous_key_until"]) == renewed["previous_key_until"]


@pytest.mark.parametrize("hours", [-1, 8_785])
async def test_hours_that_cannot_be_are_refused_and_the_key_stays(session: Session, app_id: str, hours: int) -> None:
    before = await session.database.fetchval("SELECT api_key_hash FROM apps")
    with pytest.raises(Refused, match="0 to 8784"):
        await rotate_key(session, app_id, hours)
    assert await session.database.fetchval("SELECT api_key_hash FROM apps") == before
