"""The state of a login: ours, of one app, good for ten minutes and once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from ad_accounts.oauth_state import LIFETIME, OAuthState, StateRefused, consume_state, new_state, read_state
from config.secrets import Keyring
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

KEYRING = Keyring((b"k" * 32,))
NEW_KEY = b"n" * 32


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        yield rows.pool


def now() -> datetime:
    return datetime.now(UTC)


def refused(text: str, at: datetime | None = None, keyring: Keyring = KEYRING) -> str:
    with pytest.raises(StateRefused) as raised:
        read_state(keyring, text, at or now())
    return raised.value.kind


def test_a_state_names_its_app_and_no_two_are_alike() -> None:
    first, second = (read_state(KEYRING, new_state(KEYRING, APP), now()) for _ in range(2))
    assert (first.app_id, second.app_id) == (APP, APP)
    assert first.nonce != second.nonce


def test_it_is_good_for_ten_minutes() -> None:
    state, made = new_state(KEYRING, APP), now()
    assert read_state(KEYRING, state, made + LIFETIME - timedelta(seconds=2))
    assert refused(state, made + LIFETIME + timedelta(seconds=1)) == "expired"
    assert refused(state, made - timedelta(minutes=5)) == "expired"


def test_one_that_is_too_old_still_says_whose_it_is() -> None:
    with pytest.raises(StateRefused) as raised:
        read_state(KEYRING, new_state(KEYRING, APP), now() + timedelta(hours=1))
    assert raised.value.app_id == APP


def test_a_state_lives_through_a_change_of_keys_and_dies_with_its_key() -> None:
    state = new_state(KEYRING, APP)
    assert read_state(Keyring((NEW_KEY, *KEYRING.keys)), state, now()).app_id == APP
    assert refused(state, keyring=Keyring((NEW_KEY,))) == "wrong"
    rotated = new_state(Keyring((NEW_KEY, *KEYRING.keys)), APP)
    assert read_state(Keyring((NEW_KEY,)), rotated, now()).app_id == APP


@pytest.mark.parametrize("purpose", ["enrichment", "encrypt", "tiktok oauth state "])
def test_what_was_signed_for_something_else_is_foreign(purpose: str) -> None:
    foreign = URLSafeTimedSerializer(list(KEYRING.derive(purpose)), salt=purpose).dumps([APP, "nonce"])
    assert refused(foreign) == "wrong"


@pytest.mark.parametrize("fields", [[], [APP], [APP, 5], {"app_id": APP}, "x", None, [APP, "n", "more"]])
def test_what_is_ours_and_no_state_is_wrong(fields: object) -> None:
    purpose = "tiktok oauth state"
    assert refused(URLSafeTimedSerializer(list(KEYRING.derive(purpose)), salt=purpose).dumps(fields)) == "wrong"


@settings(deadline=None)
@given(st.text() | st.text(alphabet="abcXYZ019_-.", min_size=20, max_size=200))
def test_no_text_is_a_state_by_chance(text: str) -> None:
    assert refused(text) == "wrong"


@settings(deadline=None)
@given(
    st.integers(0, 999),
    st.sampled_from("ABCDEFGHabcdefgh01234567-_.é\x00 "),
    st.sampled_from(["replace", "insert", "cut", "head"]),
)
def test_a_state_that_was_changed_anywhere_is_refused(place: int, other: str, kind: str) -> None:
    state = new_state(KEYRING, APP)
    at = place % len(state)  # a state is of chance and of no fixed length, which must not bound what is drawn
    changed = {
        "replace": state[:at] + other + state[at + 1 :],
        "insert": state[:at] + other + state[at:],
        "cut": state[:at] + state[at + 1 :],
        "head": state[:at],
    }[kind]
    if changed == state:
        return
    try:
        read = read_state(KEYRING, changed, now())
    except StateRefused:
        return
    # the last characters of base64 hold bits that mean nothing: another spelling of the same state
    assert read == read_state(KEYRING, state, now())


async def test_a_state_is_used_once(pool: Any) -> None:
    state = read_state(KEYRING, new_state(KEYRING, APP), now())
    await consume_state(pool, state, now())
    with pytest.raises(StateRefused) as raised:
        await consume_state(pool, state, now())
    assert (raised.value.kind, raised.value.app_id) == ("used", APP)
    await consume_state(pool, OAuthState(SECOND_APP, state.nonce), now())


async def test_of_many_who_come_at_once_one_is_let_in(pool: Any) -> None:
    state = read_state(KEYRING, new_state(KEYRING, APP), now())
    outcomes: list[str] = []

    async def consume() -> None:
        try:
            await consume_state(pool, state, now())
        except StateRefused as error:
            outcomes.append(error.kind)
        else:
            outcomes.append("in")

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(consume)
    assert sorted(outcomes) == ["in", *["used"] * 7]


async def test_a_state_of_an_app_that_is_gone_is_wrong(pool: Any) -> None:
    with pytest.raises(StateRefused) as raised:
        await consume_state(pool, OAuthState("app_gone", "n"), now())
    assert raised.value.kind == "wrong"


async def test_what_is_used_is_remembered_longer_than_a_state_lives(pool: Any) -> None:
    at = now()
    for nonce, age in (("old", timedelta(days=2)), ("young", LIFETIME * 2)):
        await consume_state(pool, OAuthState(APP, nonce), at - age)
    await consume_state(pool, OAuthState(APP, "new"), at)
    kept = {row["nonce"] for row in await pool.fetch("SELECT nonce FROM oauth_states WHERE app_id = $1", APP)}
    assert kept == {"young", "new"}
