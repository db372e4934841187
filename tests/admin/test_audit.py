"""Every act that changes something leaves who, what, before and after; none of it is a secret."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from admin.apps import create_app, rotate_key, set_app, show_app
from admin.deliveries import replay_deliveries
from admin.erasure import erase_person
from admin.links import create_link, disable_link, set_link
from admin.mappings import map_events, map_fields, use_preset
from admin.pixels import PixelToAdd, add_pixel, disable_pixel, set_pixel
from admin.refusal import Refused
from admin.session import Session
from ledger.audit import NO_APP, audit_entries

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-events-api-0123456789"
WAITS = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class ChangedError(Exception):
    pass


async def entries(session: Session, app_id: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return (await audit_entries(session.database, app_id, 100))[::-1]


async def test_what_is_done_to_an_app_is_all_there_in_its_order(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    await set_app(session, app_id, {"match_window_hours": "6", "revenuecat_authorization": "a-secret-of-revenuecat"})
    await rotate_key(session, app_id)
    await create_link(session, app_id, "tea", {})
    await set_link(session, "tea", {"mode": "bridge"})
    await disable_link(session, "tea")
    pixel_id = (await add_pixel(session, PixelToAdd(app_id, "C9PIXEL", TOKEN), validate=False))["pixel_id"]
    await set_pixel(session, pixel_id, {"name": "Main"})
    await disable_pixel(session, pixel_id)
    await map_events(session, app_id, "", {"purchase": "Purchase"})
    await map_fields(session, app_id, pixel_id, {"value": "properties.total"})
    await use_preset(session, app_id, "", "app")
    done = await entries(session, app_id)
    assert [(entry["act"], entry["subject"]) for entry in done] == [
        ("app.create", app_id), ("app.set", app_id), ("app.rotate_key", app_id),
        ("link.create", "tea"), ("link.set", "tea"), ("link.disable", "tea"),
        ("pixel.add", pixel_id), ("pixel.set", pixel_id), ("pixel.disable", pixel_id),
        ("mapping.set", app_id), ("mapping.field", pixel_id), ("mapping.preset", app_id),
    ]  # fmt: skip
    assert {entry["actor"] for entry in done} == {"cli:anna"}


async def test_before_and_after_are_what_is_shown_of_it(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    await set_app(session, app_id, {"match_window_hours": "6", "name": "Coffee"})
    created, changed = await entries(session, app_id)
    assert created["before"] is None
    assert changed["before"] == created["after"]
    assert (changed["after"]["name"], changed["after"]["settings"]["match_window_hours"]) == ("Coffee", 6)


async def test_no_secret_stands_in_the_log(session: Session) -> None:
    created = await create_app(session, "Tea", {})
    app_id = created["app_id"]
    await set_app(session, app_id, {"revenuecat_authorization": "a-secret-of-revenuecat"})
    renewed = await rotate_key(session, app_id)
    pixel = await add_pixel(session, PixelToAdd(app_id, "C9PIXEL", TOKEN), validate=False)
    await set_pixel(session, pixel["pixel_id"], {"token": TOKEN + "x"}, validate=False)
    written = json.dumps(await entries(session, app_id), default=str)
    for secret in (created["api_key"], renewed["api_key"], "a-secret-of-revenuecat", TOKEN):
        assert secret not in written
    assert '"new_token": true' in written


async def test_an_act_that_is_refused_leaves_no_entry(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    for act in (
        set_app(session, app_id, {"match_threshold": "2"}),
        create_link(session, app_id, "a slug", {}),
        map_fields(session, app_id, "", {"nothing": "properties.x"}),
        erase_person(session, app_id, "nobody"),
    ):
        with pytest.raises(Refused):
            await act
    assert [entry["act"] for entry in await entries(session, app_id)] == ["app.create"]


async def test_a_replay_is_no_single_apps(session: Session) -> None:
    await replay_deliveries(session, ["1", "2"])
    (entry,) = await entries(session, NO_APP)
    assert entry["subject"] == "2 deliveries"
    assert (entry["act"], entry["after"]) == ("delivery.replay", {"replayed": 0, "refused": 2, "force": False})


async def test_one_replay_is_one_delivery(session: Session) -> None:
    await replay_deliveries(session, ["1"])
    assert [entry["subject"] for entry in await entries(session, NO_APP)] == ["1 delivery"]


async def test_an_act_whose_subject_is_no_more_as_it_was_seen_changes_nothing(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]

    async def changed(_: Session) -> None:
        raise ChangedError

    with pytest.raises(ChangedError):
        await set_app(replace(session, unchanged=changed), app_id, {"name": "Kettle"})
    assert (await show_app(session, app_id))["name"] == "Tea"
    assert len(await entries(session, app_id)) == 1


async def test_between_the_look_and_the_change_nobody_else_changes_the_subject(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    others: list[asyncio.Task[Any]] = []
    looked: list[str] = []

    async def look(within: Session) -> None:
        others.append(asyncio.create_task(set_app(session, app_id, {"name": "Coffee"})))
        while not await within.database.fetchval(WAITS):  # noqa: ASYNC110 - the ledger has no event for it
            await asyncio.sleep(0.01)
        looked.append((await show_app(within, app_id))["name"])

    await set_app(replace(session, unchanged=look), app_id, {"name": "Kettle"})
    await asyncio.gather(*others)
    assert looked == ["Tea"]
    assert [entry["after"]["name"] for entry in await entries(session, app_id)] == ["Tea", "Kettle", "Coffee"]
