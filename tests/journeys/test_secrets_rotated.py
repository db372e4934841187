"""SECRET_KEY is changed in three steps while forwarders of two steps serve side by side: nothing valid is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from admin.session import open_session
from admin.stored_secrets import reencrypt_secrets
from config.settings import AllSettings
from tests.forwarder.api import SECRET_KEY, Api, install_body, opened_api, settings, signed

pytestmark = pytest.mark.anyio

OLD, NEW = SECRET_KEY, "the new secret key of the tests"
STEPS = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)


@dataclass
class Town:
    """Forwarders over one ledger and one Redis; apps that post to each of them in turn."""

    opened: AsyncExitStack
    given: Any
    answers: list[tuple[str, int]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    async def forwarder(self, secret_key: str, fill: bool = False) -> Api:
        return await self.opened.enter_async_context(opened_api(settings(*self.given, secret_key=secret_key), fill))

    async def post(self, api: Api, clicks: Api) -> None:
        """What apps send, each in a way that needs a secret; the click was stored by somebody else."""
        number = next(self.numbers)
        address = f"203.0.113.{number % 200 + 1}"
        await clicks.click(ip=address)
        install = install_body(install_id=f"i-{number}", ip=address)
        answer = await api.post("/v1/installs", install)
        self.answers.append(("bearer", answer.status_code))
        await self._signed(api, f'{{"event_id": "e-{number}", "install_id": "i-{number}", "name": "purchase"}}')
        found = await api.services.clicks.find(address, 0, 2**41)
        self.answers.append(("found", 200 if found else 404))

    async def _signed(self, api: Api, body: str) -> None:
        headers = signed(body.encode())
        response = await api.client.post("/v1/events", content=body, headers=headers)
        self.answers.append(("signed", response.status_code))

    def refused(self) -> list[tuple[str, int]]:
        return [one for one in self.answers if one[1] >= 300]


@pytest.fixture
async def town(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as opened:
        yield Town(opened, (database_url, redis_url, data_dir))


@pytest.mark.parametrize("step", [0, 1], ids=["the new one behind the old", "the new one in front"])
async def test_two_steps_side_by_side_refuse_nothing_and_find_each_others_clicks(town: Town, step: int) -> None:
    """A rolling restart: for a while one process has the list of a step, another that of the next."""
    before, after = await town.forwarder(STEPS[step], fill=True), await town.forwarder(STEPS[step + 1])
    for _ in range(5):
        await asyncio.gather(*(town.post(api, clicks) for api in (before, after) for clicks in (before, after)))
    assert town.refused() == []


async def test_a_new_key_in_front_at_once_would_hide_clicks_from_who_has_the_old_one(town: Town) -> None:
    """Why there are three steps."""
    old, new = await town.forwarder(OLD, fill=True), await town.forwarder(f"{NEW},{OLD}")
    await town.post(old, clicks=new)
    assert ("found", 404) in town.answers


async def test_what_a_key_sealed_does_not_open_once_it_is_off_the_list(town: Town) -> None:
    await town.forwarder(OLD, fill=True)
    new = await town.forwarder(NEW)
    await town.post(new, clicks=new)
    assert ("bearer", 200) in town.answers  # a hash is all that this takes
    assert ("signed", 401) in town.answers


async def test_once_it_is_encrypted_anew_the_old_key_can_leave_the_list_and_nothing_is_refused(town: Town) -> None:
    await town.forwarder(OLD, fill=True)
    database_url, redis_url, data_dir = town.given
    rotated = AllSettings(database_url=database_url, redis_url=redis_url, data_dir=data_dir, secret_key=f"{NEW},{OLD}")
    async with open_session(rotated) as session:
        assert (await reencrypt_secrets(session))["reencrypted"] > 0
    new = await town.forwarder(NEW)
    await town.post(new, clicks=new)
    assert town.refused() == []
