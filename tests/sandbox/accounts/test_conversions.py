"""Which ad an event is credited to."""

from typing import Any

import msgspec
import pytest

from sandbox.accounts.conversions import Conversion, EventLog, credited
from sandbox.accounts.records import Advertiser
from sandbox.accounts.tree import AdTree
from tests.sandbox.accounts.examples import AD, CREATIVE, PIXEL_CODE, SMART_AD, a_pixel, an_advertiser
from tests.sandbox.rows import a_row


def _credit(row: dict[str, Any], **advertiser: Any) -> Conversion | None:
    record = msgspec.convert(an_advertiser(**advertiser), Advertiser)
    log = EventLog(keep=10)
    log.note(PIXEL_CODE, a_row(**row))
    [event] = log.of(PIXEL_CODE)
    return credited(event, record.pixels[0], record, AdTree(record))


def _page(query: str) -> dict[str, Any]:
    return {"page": {"url": f"https://go.example.com/s?{query}"}}


@pytest.mark.parametrize(
    ("row", "ad"),
    [
        (_page(f"ad_id={AD}&ttclid=E"), AD),
        (_page(f"ad_id={CREATIVE}&ad_id_v2={SMART_AD}&ttclid=E"), CREATIVE),
        (_page(f"ad_id=__CID__&ad_id_v2={SMART_AD}&ttclid=E"), SMART_AD),
        ({**_page(f"ad_id={AD}"), "user": {"ttclid": "E"}}, AD),
        (_page(f"ad_id={AD}"), None),
        (_page("ad_id=404&ttclid=E"), None),
        ({"user": {"ttclid": "E"}}, None),
        ({"user": {"ttclid": "E.C.P.smart-1"}}, SMART_AD),
        ({"user": {"ttclid": "E.C.P.other"}}, AD),
        ({**_page(f"ad_id={CREATIVE}"), "user": {"ttclid": "E.C.P.other"}}, AD),
    ],
    ids=[
        *("manual ad", "creative before ad", "ad alone", "ttclid of the user", "no ttclid", "unknown ad"),
        *("no page", "longest start", "shorter start", "the account's word goes first"),
    ],
)
def test_an_event_is_credited_to_the_ad_of_its_click(row: dict[str, Any], ad: str | None) -> None:
    made = _credit(row, ttclids={"E.C.P.": AD, "E.C.P.smart": SMART_AD})
    assert (made.place.spends_as if made is not None else None) == ad


@pytest.mark.parametrize(
    ("event", "metrics"),
    [
        ("Purchase", {"complete_payment": 1, "total_complete_payment_rate": 9, "conversion": 1}),
        ("CompletePayment", {"complete_payment": 1, "total_complete_payment_rate": 9, "conversion": 1}),
        ("Lead", {"form": 1}),
        ("StartTrial", {}),
        ("SHOPPING", {"custom_page_events": 1}),
    ],
)
def test_an_event_counts_in_its_metric_and_as_conversion_where_the_ad_group_wants_it(
    event: str, metrics: dict[str, int]
) -> None:
    made = _credit({"event": event, "properties": {"value": 9}, **_page(f"ad_id={AD}&ttclid=E")})
    assert made is not None
    assert made.metrics == metrics


def test_an_event_of_another_pixel_is_no_conversion_of_the_ad_group() -> None:
    other = a_pixel(pixel_id="7")  # the ad group names the first by its number
    made = _credit({**_page(f"ad_id={AD}&ttclid=E")}, pixels=[other])
    assert made is not None
    assert "conversion" not in made.metrics


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({}, ("DE", "NONE")),
        ({"country": "at", "user_agent": "Mozilla/5.0 (iPhone; CPU)"}, ("AT", "IOS")),
        ({"user_agent": "Mozilla/5.0 (Linux; Android 14)"}, ("DE", "ANDROID")),
    ],
    ids=["neither", "both", "no country"],
)
def test_country_and_platform_are_the_visitors(user: dict[str, str], expected: tuple[str, str]) -> None:
    made = _credit({"user": user, **_page(f"ad_id={AD}&ttclid=E")})
    assert made is not None
    assert (made.country, made.platform) == expected


def test_of_a_pixel_only_so_many_events_are_kept() -> None:
    log = EventLog(keep=2)
    for number in range(3):
        log.note(PIXEL_CODE, a_row(event=f"E{number}"))
    assert [event.name for event in log.of(PIXEL_CODE)] == ["E0", "E1"]
    assert [event.name for event in log.of(PIXEL_CODE, 1)] == ["E1"]
