"""How often TikTok is asked, and for how long not at all."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ad_accounts.metered_calls import ATTEMPTS, MeteredCalls
from ad_accounts.quota import Quota
from tests.ad_accounts.import_scene import NOW, Clock
from tests.tiktok.asked import refusal
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import BusinessApi

pytestmark = pytest.mark.anyio

QPM = "Too many requests. Please retry in some time: QPM limit reached."
QPD = "Too many requests: QPD limit reached."


class Time(Clock):
    async def sleep(self, seconds: float) -> None:
        self.turn(seconds=seconds)


def quota(time: Time, **limits: int) -> Quota:
    return Quota(time, sleep=time.sleep, **limits)


async def test_no_second_and_no_minute_has_more_calls_than_are_allowed() -> None:
    time = Time()
    metered, calls = quota(time, per_minute=30, per_second=5), []
    for _ in range(100):
        await metered.take()
        calls.append(time.now)
    for length, most in ((timedelta(seconds=1), 5), (timedelta(minutes=1), 30)):
        assert max(sum(start <= call < start + length for call in calls) for start in calls) == most
    assert calls[-1] - calls[0] < timedelta(minutes=4)


async def test_throttles_by_the_second_double_up_to_half_a_minute() -> None:
    time = Time()
    metered = quota(time)
    pauses = [(metered.throttled(refusal(40016, "restricted")) - time.now).total_seconds() for _ in range(7)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    metered.answered()
    time.turn(minutes=1)
    assert metered.throttled(refusal(40016, "restricted")) - time.now == timedelta(seconds=1)


async def test_a_throttle_by_the_minute_is_five_minutes_and_no_call_waits_for_it() -> None:
    time = Time()
    metered = quota(time)
    assert metered.throttled(refusal(40100, QPM)) == NOW + timedelta(minutes=5)
    with pytest.raises(ApiRefused) as refused:
        await metered.take()
    assert refused.value.kind == "throttled"
    assert time.now == NOW
    time.turn(minutes=5)
    await metered.take()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
async def test_a_throttle_by_the_day_lasts_until_midnight_in_utc(now: datetime, until: datetime) -> None:
    time = Time(now)
    assert quota(time).throttled(refusal(40100, QPD)) == until


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    time = Time()
    metered = quota(time)
    metered.throttled(refusal(40100, QPD))
    assert metered.throttled(refusal(40016, "restricted")) == datetime(2026, 11, 21, tzinfo=UTC)


def calls_to(answer: dict[str, Any], time: Time) -> tuple[MeteredCalls, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(answer).encode()))

    client = httpx.AsyncClient(transport=httpx.MockTransport(answered))
    return MeteredCalls(BusinessApi(client, "http://tiktok.test"), "token-of-a-grant", quota(time)), asked


async def test_a_call_that_stays_throttled_is_given_up_after_half_a_minute() -> None:
    time = Time()
    calls, asked = calls_to({"code": 40016, "message": "This request is temporarily restricted."}, time)
    with pytest.raises(ApiRefused):
        await calls("report", "/report/integrated/get/", {})
    assert len(asked) == ATTEMPTS
    assert time.now - NOW == timedelta(seconds=1 + 2 + 4 + 8 + 16)


async def test_any_other_refusal_is_not_asked_again() -> None:
    calls, asked = calls_to({"code": 40105, "message": "Access token is incorrect"}, Time())
    with pytest.raises(ApiRefused):
        await calls("report", "/report/integrated/get/", {})
    assert len(asked) == 1
