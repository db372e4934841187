"""An app's key was replaced, and the old one is kept for an hour: by both ways of a request, and by signature."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forwarder import metrics
from forwarder.errors import Refusal
from forwarder.intake.authenticator import Admitted
from forwarder.intake.short_way import plain_post
from ledger.apps import hash_api_key, set_api_key
from tests.forwarder.api import APP, KEY, Api, install_body, opened_api, settings, signed

pytestmark = pytest.mark.anyio

NEW, NEWEST = "sp_" + "n" * 40, "sp_" + "m" * 40
BODY = json.dumps(install_body()).encode()
HOUR = timedelta(hours=1)


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


async def rotate(api: Api, key: str, keep_old_for_hours: int) -> None:
    encrypted = api.keyring.encrypt(key, f"app:{APP}:api_key")
    assert await set_api_key(api.pool, APP, hash_api_key(key), encrypted, keep_old_for_hours)


def move_clock(api: Api, by: timedelta) -> None:
    directory: Any = api.services.directory
    directory._clock = lambda: datetime.now(UTC) + by


async def opened(api: Api, *keys: str) -> list[int]:
    """What installs are answered that come with these keys, and that are signed with them."""
    headers = [one for key in keys for one in ({"Authorization": f"Bearer {key}"}, signed(BODY, key=key))]
    return [(await api.client.post("/v1/installs", content=BODY, headers=one)).status_code for one in headers]


def takes_the_short_way(api: Api, key: str) -> bool:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "content-length": "9"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return plain_post(api.services, b"/v1/installs", encoded, "127.0.0.1") is not None


async def test_both_keys_open_until_the_moment_and_the_new_one_alone_after_it(api: Api) -> None:
    await rotate(api, NEW, 1)
    assert await opened(api, NEW, KEY) == [200] * 4
    move_clock(api, HOUR - timedelta(minutes=1))
    assert await opened(api, NEW, KEY) == [200] * 4
    move_clock(api, HOUR + timedelta(minutes=1))
    assert await opened(api, NEW, KEY) == [200, 200, 401, 401]


async def test_the_short_way_takes_both_until_the_moment(api: Api) -> None:
    await rotate(api, NEW, 1)
    await api.services.directory.catch_up()
    assert [takes_the_short_way(api, key) for key in (NEW, KEY)] == [True, True]
    move_clock(api, HOUR + timedelta(minutes=1))
    assert [takes_the_short_way(api, key) for key in (NEW, KEY)] == [True, False]


async def test_without_a_time_the_old_key_ends_at_once(api: Api) -> None:
    await rotate(api, NEW, 0)
    assert await opened(api, NEW, KEY) == [200, 200, 401, 401]


async def test_of_two_rotations_in_the_overlap_only_the_last_old_key_goes_on(api: Api) -> None:
    await rotate(api, NEW, 1)
    await rotate(api, NEWEST, 1)
    assert await opened(api, NEWEST, NEW, KEY) == [200, 200, 200, 200, 401, 401]


async def test_a_rotation_without_a_time_ends_what_was_kept(api: Api) -> None:
    await rotate(api, NEW, 1)
    await rotate(api, NEWEST, 0)
    assert await opened(api, NEWEST, NEW, KEY) == [200, 200, 401, 401, 401, 401]


async def test_the_old_key_opens_its_own_app_alone(api: Api) -> None:
    await rotate(api, NEW, 1)
    answer = await api.client.post(
        "/v1/installs",
        content=BODY,
        headers={"Authorization": f"Bearer {KEY}", "Signalpost-App": "app_bbbbbbbbbbbb"},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(("keep_old_for_hours", "is_refused"), [(1, False), (0, True)])
async def test_who_was_let_in_before_the_rotation_is_stored_where_the_old_key_still_opens(
    api: Api, keep_old_for_hours: int, is_refused: bool
) -> None:
    directory = api.services.directory
    entry = await directory.by_api_key(KEY)
    assert entry is not None
    admitted = Admitted(entry, b"", directory, hash_api_key(KEY))
    await rotate(api, NEW, keep_old_for_hours)
    await directory.catch_up()
    if is_refused:
        with pytest.raises(Refusal):
            admitted.check_still()
    else:
        admitted.check_still()


async def test_requests_with_the_old_key_are_counted_and_those_with_the_new_one_are_not(api: Api) -> None:
    await rotate(api, NEW, 1)
    counted: Any = metrics.PREVIOUS_KEY_REQUESTS.labels(APP)
    before = counted._value.get()
    await opened(api, NEW)
    assert counted._value.get() - before == 0
    await opened(api, KEY)
    assert counted._value.get() - before == 2
