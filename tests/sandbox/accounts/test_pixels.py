"""The list of pixels and the counts of their events."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import PREFIX, Api
from tests.sandbox.accounts.examples import OTHER, PIXEL_CODE, PIXEL_ID, PIXEL_TOKEN, a_pixel, an_account, an_advertiser
from tests.sandbox.rows import NOW, a_body, a_row

DAY = {"start_date": "2026-11-18", "end_date": "2026-11-18"}  # of NOW, in UTC


def _many(api: Api) -> None:
    pixels = [a_pixel()] + [
        {
            "pixel_id": str(100 + n),
            "pixel_code": f"C{n}",
            "pixel_name": f"Shop {n}",
            "create_time": f"2026-02-{n + 1:02}",
        }
        for n in range(25)
    ]
    api.load(an_account(an_advertiser(pixels=pixels)))


def _codes(api: Api, **query: Any) -> list[str]:
    return [row["pixel_code"] for row in api.data("/pixel/list/", **query)["pixels"]]


def test_pixels_stand_under_pixels_twenty_a_page_at_most(api: Api) -> None:
    _many(api)
    assert api.refusal("/pixel/list/", page_size=21)[0] == 40002
    pages = [_codes(api, page=page, page_size=20) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 6, 0]
    assert len({code for page in pages for code in page}) == 26
    assert len(_codes(api)) == 10


def test_code_is_exact_and_name_is_not(api: Api) -> None:
    _many(api)
    assert _codes(api, code="C2") == ["C2"]
    assert _codes(api, pixel_id=PIXEL_ID) == [PIXEL_CODE]
    assert _codes(api, name="hop 2", page_size=20) == ["C24", "C23", "C22", "C21", "C20", "C2"]
    assert _codes(api, name="tea", order_by="EARLIEST_CREATE") == [PIXEL_CODE]


def test_the_events_of_a_pixel_bring_their_optimisation_codes(api: Api) -> None:
    events = api.data("/pixel/list/")["pixels"][0]["events"]
    assert events[0] == {"name": "Page view", "event_type": "PAGE_VIEW", "optimization_event": None, "event_id": "0"}
    names = {event["name"]: event["optimization_event"] for event in events}
    assert (names["Purchase"], names["Lead"]) == ("SHOPPING", "FORM")


def test_a_pixel_that_is_linked_to_an_advertiser_is_listed_there_as_shared(api: Api) -> None:
    api.load(an_account(an_advertiser(pixels=[a_pixel(linked_advertiser_ids=[OTHER])]), {"advertiser_id": OTHER}))
    [pixel] = api.data("/pixel/list/", advertiser_id=OTHER)["pixels"]
    assert (pixel["pixel_code"], pixel["asset_ownership"]["asset_relation_status"]) == (PIXEL_CODE, "SHARED")


def test_events_are_counted_by_kind_and_day_of_utc(api: Api) -> None:
    rows = [
        a_row(event_id="1", user={"ttclid": "E.C.P.x"}),
        a_row(event_id="2"),
        a_row(event_id="3", event="LevelUp"),
        a_row(event_id="4", event_time=int(NOW) - 86_400),
    ]
    headers = {"Access-Token": PIXEL_TOKEN}
    body = a_body(*rows, event_source_id=PIXEL_CODE)
    for _ in range(2):  # the second is a duplicate
        assert api.client.post(f"{PREFIX}/event/track/", json=body, headers=headers).json()["code"] == 0
    [row] = api.data("/pixel/event/stats/", pixel_ids=[PIXEL_ID], date_range=DAY)["list"]
    found = {
        one.get("pixel_event_type") or one["custom_event_type"]: (one["total_count"], one["attributed_count"])
        for one in row["statistics"]
    }
    assert found == {"SHOPPING": (2, 1), "LevelUp": (1, 0)}


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"pixel_ids": [PIXEL_ID] * 11}, 40011, "pixel_ids: Longer"),
        ({"pixel_ids": [PIXEL_CODE]}, 40001, "No permission to operate pixel"),
        ({"date_range": None}, 40002, "date_range: Missing"),
        ({"date_range": {"start_date": "2026-11-01"}}, 40002, "date_range.end_date: Not a valid date"),
        ({"date_range": {"start_date": "2026-11-01", "end_date": "2026-12-01"}}, 40002, "max time span is 30 days"),
        ({"date_range": {"start_date": "2026-11-02", "end_date": "2026-11-01"}}, 40002, "date_range"),
    ],
    ids=["11", "code for id", "no range", "no end", "31 days", "backwards"],
)
def test_a_wrong_question_is_refused_and_named(api: Api, query: dict[str, Any], code: int, words: str) -> None:
    told = api.refusal("/pixel/event/stats/", **{"pixel_ids": [PIXEL_ID], "date_range": DAY, **query})
    assert (told[0], words in told[1]) == (code, True), told
