"""Rules 1, 2 and 7: consent is asked again at every send, the latest word counts, and who said no is not described."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.delivery_replay import replay
from tests.forwarder.api import APP
from tests.privacy.conftest import Service

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
GRANTED, DENIED, UNKNOWN = ({"marketing": word} for word in ("granted", "denied", "unknown"))


def event(event_id: str, seconds_ago: float, consent: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    body = {
        "event_id": event_id, "install_id": "i-1", "name": "purchase", "value": 1, "currency": "EUR",
        "occurred_at": (NOW - timedelta(seconds=seconds_ago)).isoformat(), "consent": consent, **fields,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def installed(seconds_ago: float, consent: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    return {"occurred_at": at, "consent": GRANTED if consent is None else consent, **fields}


async def test_a_refusal_between_accept_and_send_keeps_everything_back(service: Service) -> None:
    await service.api.install(**installed(90))
    await service.api.events(event("before", 60, GRANTED), event("silent", 50))
    await service.api.events(event("refusal", 10, DENIED, name="consent_changed"))
    await service.deliver()
    assert await service.sent() == []
    assert await service.outcomes() == {
        "install:i-1": "suppressed: consent denied",
        "before": "suppressed: consent denied",
        "silent": "suppressed: consent denied",
        "refusal": "skipped: not mapped",
    }


async def test_a_refusal_between_two_sends_keeps_the_second_back(service: Service) -> None:
    await service.api.install(**installed(90, UNKNOWN))
    await service.deliver()
    await service.api.events(event("e", 60, GRANTED))
    await service.sandbox.fault(status=503, times=1)
    await service.deliver()
    await service.api.events(event("refusal", 10, DENIED))
    service.clock.turn(seconds=10)
    await service.deliver()
    assert await service.sent() == ["Download"]
    assert (await service.outcomes())["e"] == "suppressed: consent denied"


async def test_the_install_reported_again_takes_consent_back_and_gives_the_same_answer(service: Service) -> None:
    first = await service.api.install(**installed(90))
    assert await service.api.install(**installed(10, DENIED)) == first
    await service.deliver()
    assert await service.sent() == []


@pytest.mark.parametrize(
    ("posts", "sent"),
    [
        ([event("no", 60, DENIED), event("yes", 30, GRANTED), event("silent", 20)], ["yes", "silent"]),
        ([event("yes", 30, GRANTED), event("no", 60, DENIED), event("silent", 20)], ["yes", "silent"]),
        ([event("yes", 30, GRANTED), event("no", 60, DENIED), event("refusal", 25, DENIED), event("silent", 20)], []),
        ([event("yes", 60, GRANTED), event("again", 30, GRANTED), event("no", 40, DENIED), event("silent", 20)],
         ["yes", "again", "silent"]),
        ([event("no", 30, DENIED), event("yes", 60, GRANTED), event("silent", 20)], []),
        ([event("yes", 60, GRANTED), event("no", 30, DENIED), event("silent", 20)], []),
        ([event("yes", 30, GRANTED), event("no", 30, DENIED), event("silent", 30)], []),
        ([event("no", 30, DENIED), event("again", 20, DENIED), event("late", 25, GRANTED), event("silent", 10)], []),
        ([event("no", 30, DENIED), event("nothing", 20, UNKNOWN), event("silent", 10)], []),
        ([event("yes", 20, {"att_status": "authorized"}), event("silent", 10)], ["yes", "silent"]),
    ],
    ids=[
        "granted later", "an old refusal that comes late", "an old refusal that comes late and a new one",
        "an old refusal between two consents", "an old consent that comes late",
        "refused later",
        "both in one moment", "an old consent between two refusals", "unknown takes nothing back", "Apple's word alone",
    ],
)  # fmt: skip
async def test_the_latest_word_counts_in_whatever_order_it_comes(
    service: Service, posts: list[dict[str, Any]], sent: list[str]
) -> None:
    await service.api.install(**installed(90))
    for one in posts:
        await service.api.events(one)
    await service.deliver()
    delivered = [name for name, outcome in (await service.outcomes()).items() if outcome == "delivered"]
    assert [name for name in delivered if not name.startswith("install:")] == sent


async def test_a_retry_of_the_old_report_does_not_bring_consent_back(service: Service) -> None:
    await service.api.install(**installed(90))
    await service.api.events(event("refusal", 30, DENIED))
    await service.api.install(**installed(90))
    await service.deliver()
    assert await service.sent() == []


async def test_a_refusal_said_again_by_the_install_holds_against_an_older_consent(service: Service) -> None:
    await service.api.install(**installed(90, DENIED))
    await service.api.install(**installed(30, DENIED))
    await service.api.events(event("late", 60, GRANTED), event("silent", 20))
    await service.deliver()
    assert await service.sent() == []


async def test_consent_said_again_by_the_install_holds_against_an_older_refusal(service: Service) -> None:
    await service.api.install(**installed(90))
    await service.api.install(**installed(30))
    await service.api.events(event("late", 60, DENIED, name="consent_changed"))
    await service.api.events(event("silent", 20))
    await service.deliver()
    assert await service.sent() == ["Download", "Purchase"]


@pytest.mark.parametrize("earlier", [0, 5])
async def test_a_refusing_install_holds_against_consent_of_the_same_moment_or_before(
    service: Service, earlier: int
) -> None:
    await service.api.install(**installed(90, DENIED))
    await service.api.events(event("yes", 90 + earlier, GRANTED))
    await service.deliver()
    assert await service.sent() == []


async def test_a_refusal_that_came_before_its_install_counts(service: Service) -> None:
    await service.api.events(event("refusal", 30, DENIED))
    await service.api.install(**installed(60))
    await service.deliver()
    assert await service.sent() == []


STORED_MEANWHILE = """
INSERT INTO events (app_id, event_id, name, install_id, external_ids, occurred_at, received_at, body, joined)
VALUES ($1, 'refusal', 'consent_changed', $2, $3, $4, $4, '{"consent": {"marketing": "denied"}}', false)
"""


@pytest.mark.parametrize(("install_id", "people"), [("i-1", []), (None, ["u-1"]), (None, ["i-1"])])
async def test_a_refusal_that_was_stored_in_one_moment_with_its_install_is_not_sent_past(
    service: Service, install_id: str | None, people: list[str]
) -> None:
    """Neither saw the other: until a worker has joined them, the install does not know what was said."""
    await service.api.install(**installed(1, user={"external_id": "u-1"}))
    await service.api.pool.execute(STORED_MEANWHILE, APP, install_id, people, NOW)
    await service.deliver()
    assert await service.sent() == []
    assert (await service.outcomes())["install:i-1"] == "suppressed: consent denied"


@pytest.mark.parametrize("who", [{"install_id": "i-1"}, {"install_id": None, "user": {"external_id": "u-1"}}])
async def test_a_refusal_counts_for_whoever_s_install_never_comes(service: Service, who: dict[str, Any]) -> None:
    await service.api.events(event("silent", 50, **who), event("refusal", 40, DENIED, name="consent_changed", **who))
    await service.api.events(event("other", 50, install_id="i-2"))
    service.clock.turn(hours=1, seconds=5)
    await service.deliver()
    delivered = {name: outcome for name, outcome in (await service.outcomes()).items() if name != "refusal"}
    assert delivered == {"silent": "suppressed: consent denied", "other": "delivered"}


async def test_consent_said_after_a_refusal_counts_where_the_install_never_comes(service: Service) -> None:
    await service.api.events(event("refusal", 40, DENIED), event("yes", 30, GRANTED), event("silent", 20))
    service.clock.turn(hours=1, seconds=5)
    await service.deliver()
    outcomes = await service.outcomes()
    assert (outcomes["yes"], outcomes["silent"]) == ("delivered", "delivered")


async def test_what_others_said_of_consent_keeps_nothing_waiting(service: Service) -> None:
    await service.api.install(**installed(1))
    await service.api.pool.execute(STORED_MEANWHILE, APP, "i-2", [], NOW)
    await service.deliver()
    assert await service.sent() == ["Download"]


async def test_a_refusal_of_a_person_counts_for_their_install(service: Service) -> None:
    """An app's server knows its user's id and no install."""
    await service.api.install(**installed(90, user={"external_id": "u-1"}))
    await service.api.events(event("refusal", 30, DENIED, install_id=None, user={"external_id": "u-1"}))
    await service.deliver()
    assert await service.sent() == []


async def test_consent_is_kept_with_who_said_it_and_when(service: Service) -> None:
    await service.api.install(**installed(90))
    await service.api.events(event("refusal", 30, DENIED))
    body = await service.api.pool.fetchval("SELECT body FROM installs")
    at = (NOW - timedelta(seconds=30)).timestamp()
    assert body["consent"] == DENIED
    assert body["consent_said"] == {"marketing": {"at": at, "by": "event refusal"}}


async def test_a_replay_respects_a_refusal(service: Service) -> None:
    await service.api.install(**installed(90))
    await service.sandbox.fault(code=40002)
    await service.deliver()
    [row] = await service.api.deliveries()
    assert row["state"] == "dead"
    await service.api.events(event("refusal", 10, DENIED))
    await replay(service.api.pool, [str(row["delivery_id"])], service.clock.now, force=True)
    await service.deliver()
    assert await service.sent() == []
    assert (await service.outcomes())["install:i-1"] == "suppressed: consent denied"


async def test_who_said_no_is_counted_and_not_described(service: Service) -> None:
    """The click is redirected and stored as anybody's: it does not know what the app will ask."""
    who = {"user_agent": "canary-ua", "user": {"email": "canary@example.com"}, "click_id": await service.api.click()}
    await service.api.install(**installed(90, DENIED, **who))
    await service.api.events(event("e", 30, DENIED, ip="203.0.113.99", user_agent="canary-ua", user=who["user"]))
    rows = await service.api.pool.fetch("SELECT i.*, e.body FROM installs i JOIN events e USING (app_id, install_id)")
    kept = json.dumps([{k: str(v) for k, v in row.items() if k != "external_ids"} for row in rows])
    assert rows
    for trace in ("canary", "203.0.113", "E.C.P."):
        assert trace not in kept
    assert set((await service.outcomes()).values()) == {"suppressed: consent denied"}


@pytest.mark.parametrize(("setting", "outcome"), [("allow", "delivered"), ("deny", "suppressed: consent unknown")])
async def test_what_unknown_consent_means_is_the_apps_to_say(service: Service, setting: str, outcome: str) -> None:
    await service.api.pool.execute("UPDATE apps SET settings = settings || $1", {"consent_when_unknown": setting})
    await service.api.services.directory.refresh()
    await service.api.install(**installed(90, UNKNOWN))
    await service.deliver()
    assert await service.outcomes() == {"install:i-1": outcome}


async def test_limited_data_use_reaches_tiktok(service: Service) -> None:
    """What an app sets for who opted out of the sale of their data, as by Sec-GPC or a law of a US state."""
    await service.api.install(**installed(90, limited_data_use=True))
    await service.deliver()
    [item] = (await service.sandbox.events())["items"]
    assert item["payload"]["limited_data_use"] is True
