"""Whose a webhook is: it finds its install, and an erased person is not brought back by it."""

import json
from typing import Any

import pytest

from tests.forwarder.api import KEY, Api
from tests.forwarder.intake.webhooks.fixtures import ATTRIBUTE, body
from tests.forwarder.intake.webhooks.posting import connect, delivery, event, taken

pytestmark = pytest.mark.anyio


FOUND_BY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the attribute": ({"subscriber_attributes": {"signalpost_install_id": {"value": "i-#"}}}, {}),
    "the user id": ({"app_user_id": "i-#"}, {}),
    "the original id": ({"app_user_id": "x#", "original_app_user_id": "i-#"}, {}),
    "an alias": ({"app_user_id": "x#", "aliases": ["y#", "i-#"]}, {}),
    "the install's external id": ({"app_user_id": "user-#"}, {"user": {"external_id": "user-#"}}),
    "an alias as external id": ({"app_user_id": "x#", "aliases": ["u#"]}, {"user": {"external_id": ["a#", "u#"]}}),
}  # each # is a number of the case's own


@pytest.mark.parametrize("first", ["install", "webhook"])
async def test_an_event_finds_its_install(api: Api, first: str) -> None:
    await connect(api, revenue_source="revenuecat")
    for number, (by, (ids, fields)) in enumerate(FOUND_BY.items()):
        own, known = (json.loads(json.dumps(part).replace("#", str(number))) for part in (ids, fields))
        strangers = {"original_app_user_id": None, "aliases": []}
        sent = body("revenuecat", "a trial starts", **{**strangers, **own}, id=f"e-{number}")
        if first == "install":
            await api.install(install_id=f"i-{number}", **known)
        await taken(api, "revenuecat", sent)
        if first == "webhook":
            waiting = await api.pool.fetchrow("SELECT * FROM deliveries ORDER BY delivery_id DESC LIMIT 1")
            assert waiting["reason"] == "waiting for install", by
            await api.install(install_id=f"i-{number}", **known)
        row = await api.pool.fetchrow(
            """SELECT e.install_id, e.joined, d.install_id AS sent_for, d.state, d.reason
            FROM events e JOIN deliveries d USING (event_key) WHERE e.event_id = $1""",
            f"revenuecat:e-{number}",
        )
        assert tuple(row) == (f"i-{number}", True, f"i-{number}", "due", ""), by


@pytest.mark.parametrize("first", ["sign-up", "webhook"])
async def test_an_event_finds_its_install_by_an_id_that_another_event_brought(api: Api, first: str) -> None:
    await connect(api, revenue_source="revenuecat")
    await api.install(install_id="i-1")
    sign_up = {"event_id": "e", "install_id": "i-1", "name": "sign_up", "user": {"external_id": "user-7"}}
    if first == "sign-up":
        await api.events(sign_up)
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    if first == "webhook":
        assert (await event(api, "rc_trial_started"))["joined"] is False
        await api.events(sign_up)
    assert (await event(api, "rc_trial_started"))["install_id"] == "i-1"
    assert (await delivery(api, "rc_trial_started"))["reason"] == ""


async def test_an_alias_seen_with_the_attribute_joins_the_events_that_come_without_it(api: Api) -> None:
    await api.install(install_id="i-1")
    await taken(api, "revenuecat", body("revenuecat", "a trial starts", **ATTRIBUTE))
    anonymous = {"app_user_id": "$RCAnonymousID:8069238d6049ce87cc529853916d624c", "original_app_user_id": None}
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", **anonymous, aliases=[]))
    assert (await event(api, "rc_cancellation"))["install_id"] == "i-1"


async def test_an_install_is_known_by_each_id_that_its_events_bring_one_after_the_other(api: Api) -> None:
    await api.install(install_id="i-1")
    ids = [f"user-{number}" for number in range(3)]
    for person in ids:
        await api.events(
            {"event_id": f"of {person}", "install_id": "i-1", "name": "login", "user": {"external_id": person}}
        )
    for number, person in enumerate(ids):
        theirs = body("revenuecat", "a trial starts", id=f"e-{number}", app_user_id=person, aliases=[])
        await taken(api, "revenuecat", {**theirs, "event": {**theirs["event"], "original_app_user_id": None}})
        found = await api.pool.fetchrow("SELECT * FROM events WHERE event_id = $1", f"revenuecat:e-{number}")
        assert (found["joined"], found["install_id"]) == (True, "i-1"), person


async def test_nobodys_event_is_kept_unjoined(api: Api) -> None:
    await taken(api, "adapty", body("adapty", "a trial starts"))
    found = await event(api, "adapty_trial_started")
    assert (found["joined"], found["install_id"]) == (False, None)


async def test_an_erased_person_is_not_brought_back_by_a_webhook(api: Api) -> None:
    await api.install(install_id="i-1", user={"external_id": "user-7"})
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await taken(api, "revenuecat", body("revenuecat", "a sandbox purchase"))
    await api.client.delete("/v1/installs?external_id=user-7", headers={"Authorization": f"Bearer {KEY}"})
    assert [await api.count("events"), await api.count("webhook_bodies"), await api.count("person_installs")] == [0] * 3
    await taken(api, "revenuecat", body("revenuecat", "a renewal"))
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", app_user_id="i-1"))
    assert [await api.count("events"), await api.count("webhook_bodies")] == [0, 0]


ALSO_CALLED: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "revenuecat": (
        [body("revenuecat", "a trial starts", aliases=["$RCAnonymousID:1"])],
        [body("revenuecat", "a renewal", app_user_id="$RCAnonymousID:1", original_app_user_id=None, aliases=[])],
    ),
    "adapty": (
        [body("adapty", "a trial starts") | {"customer_user_id": "user-7"}],
        [body("adapty", "a renewal") | {"customer_user_id": None}],
    ),
    "stripe": (
        [body("stripe", "a charge", customer="cus_1", payment_intent="pi_1", metadata={"user_id": "user-7"})],
        [
            body("stripe", "a refund is made", payment_intent="pi_1", metadata={}),
            body("stripe", "a charge", id="ch_2", customer="cus_1", payment_intent="pi_2", metadata={}),
        ],
    ),
}
"""Messages that name a person, and later ones of the same person that the platform names in its own way alone."""


@pytest.mark.parametrize("provider", ALSO_CALLED)
@pytest.mark.parametrize("installed", [True, False])
async def test_an_erased_person_is_not_brought_back_under_another_name_of_the_platforms(
    api: Api, provider: str, installed: bool
) -> None:
    named, unnamed = ALSO_CALLED[provider]
    if installed:
        await api.install(install_id="i-1", user={"external_id": "user-7"})
    for sent in named:
        await taken(api, provider, sent)
    await api.client.delete("/v1/installs?external_id=user-7", headers={"Authorization": f"Bearer {KEY}"})
    for number, sent in enumerate(unnamed):
        await taken(api, provider, {**sent, "id": f"evt_{number}"} if provider == "stripe" else sent)
    assert [await api.count("events"), await api.count("webhook_bodies")] == [0, 0]


async def test_an_erasure_takes_every_body_that_names_the_person(api: Api) -> None:
    transfer = {"id": "t", "type": "TRANSFER", "transferred_from": ["user-7"], "transferred_to": ["user-8"]}
    await taken(api, "revenuecat", {"event": transfer})
    await taken(api, "superwall", {"object": "event_v9", "payload": {"user": "user-7"}})
    await taken(api, "superwall", {"object": "event_v9", "payload": {"user": "user-9"}})
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await api.client.delete("/v1/installs?external_id=user-7", headers={"Authorization": f"Bearer {KEY}"})
    left = await api.pool.fetch("SELECT body FROM webhook_bodies")
    assert [b"user-9" in row["body"] for row in left] == [True]


async def test_the_erasure_of_an_install_takes_what_waits_for_it_under_its_id(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "a trial starts", app_user_id="i-1"))
    await api.client.delete("/v1/installs/i-1", headers={"Authorization": f"Bearer {KEY}"})
    assert [await api.count("events"), await api.count("webhook_bodies")] == [0, 0]
