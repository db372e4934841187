"""Reports asked for whole: spans, cuts, sizes, metrics that are gone."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from tests.tiktok.asked import Asked, Row, refusal, report_row
from tiktok.account_refusals import ApiRefused
from tiktok.report_rows import DELIVERY, EntityDimension, TimeDimension
from tiktok.reports import RefusedMetrics, ReportQuery, ReportReader

pytestmark = pytest.mark.anyio

DAY = date(2026, 10, 1)


def query(
    days: int = 1, entity: EntityDimension = "ad_id_v2", time: TimeDimension = "stat_time_day", **more: Any
) -> Any:
    fields = {"metrics": DELIVERY, "first": DAY, "last": DAY + timedelta(days=days - 1), **more}
    return ReportQuery(advertiser_id="7", entity=entity, time=time, **fields)


def reader(ask: Asked, children: Mapping[str, Sequence[str]] | None = None) -> ReportReader:
    return ReportReader(ask, {}, children or {})


def filters(parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    return {one["field_name"]: json.loads(one["filter_value"]) for one in parameters["filtering"]}


async def test_a_report_names_ads_by_ad_id_v2_and_hides_no_deleted_one() -> None:
    ask = Asked(lambda _: [])
    await reader(ask).read(query())
    ((path, asked),) = ask.calls
    assert path == "/report/integrated/get/"
    assert asked["dimensions"] == ["ad_id_v2", "stat_time_day"]
    assert (asked["report_type"], asked["data_level"], asked["page_size"]) == ("BASIC", "AUCTION_AD", 1000)
    assert filters(asked) == {"ad_status": ["STATUS_ALL"]}
    assert "advertiser_ids" not in asked
    assert (asked["start_date"], asked["end_date"]) == ("2026-10-01", "2026-10-01")


@pytest.mark.parametrize(("time", "days", "calls"), [("stat_time_day", 61, 3), ("stat_time_hour", 3, 3)])
async def test_spans_are_as_long_as_tiktok_takes(time: TimeDimension, days: int, calls: int) -> None:
    ask = Asked(lambda _: [])
    await reader(ask).read(query(days, time=time))
    spans = [(date.fromisoformat(one["start_date"]), date.fromisoformat(one["end_date"])) for _, one in ask.calls]
    assert len(spans) == calls
    assert spans[0][0] == DAY
    assert spans[-1][1] == DAY + timedelta(days=days - 1)
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(spans))


def cut_tiktok(ads: Mapping[str, Sequence[str]], most: int) -> Asked:
    """ad group -> its ads; campaign of ad group `c1g2` is `c1`. Answers at most `most` ads, and says so in a header."""

    def chosen(parameters: Mapping[str, Any]) -> list[str]:
        given = filters(parameters)
        return [
            ad
            for adgroup, of_group in ads.items()
            for ad in of_group
            if adgroup.partition("g")[0] in given.get("campaign_ids", [adgroup.partition("g")[0]])
            and adgroup in given.get("adgroup_ids", [adgroup])
        ]

    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        return [report_row(ad, "2026-10-01 00:00:00", spend="1") for ad in chosen(parameters)[:most]]

    return Asked(rows, lambda parameters: len(chosen(parameters)) > most)


async def test_a_silent_cut_is_told_by_its_header_and_split_until_it_is_whole() -> None:
    ads = {f"c{campaign}g{group}": [f"{campaign}{group}{ad}" for ad in (1, 2)] for campaign in range(1, 4)
           for group in range(1, 4)}  # fmt: skip
    children = {f"c{campaign}": [f"c{campaign}g{group}" for group in range(1, 4)] for campaign in range(1, 4)}
    ask = cut_tiktok(ads, most=4)  # a campaign has 6
    rows = await reader(ask, children).read(query())
    assert sorted(row.entity_id for row in rows) == sorted(ad for group in ads.values() for ad in group)


async def test_campaigns_are_named_by_the_hundred() -> None:
    children: dict[str, list[str]] = {str(number): [] for number in range(250)}
    ask = Asked(lambda _: [], lambda parameters: "campaign_ids" not in filters(parameters))
    await reader(ask, children).read(query())
    assert [len(filters(one).get("campaign_ids", [])) for _, one in ask.calls] == [0, 100, 100, 50]


async def test_a_report_that_stays_cut_is_no_report() -> None:
    ask = cut_tiktok({"c1g1": ["1", "2", "3"]}, most=2)
    with pytest.raises(ApiRefused) as refused:
        await reader(ask, {"c1": ["c1g1"]}).read(query())
    assert refused.value.kind == "transient"


def too_large_from(days: int) -> Asked:
    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        first, last = (date.fromisoformat(parameters[name]) for name in ("start_date", "end_date"))
        if (last - first).days + 1 >= days:
            raise refusal(40067, "Your query is too large")
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return [report_row("1", f"{day} 00:00:00", spend="1") for day in span]

    return Asked(rows)


async def test_a_query_that_is_too_large_is_halved() -> None:
    rows = await reader(too_large_from(days=5)).read(query(30))
    assert sorted(row.at.date() for row in rows if row.at) == [DAY + timedelta(days=number) for number in range(30)]


async def test_one_day_that_is_too_large_is_split_by_campaigns() -> None:
    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        if len(filters(parameters).get("campaign_ids", ["1", "2", "3"])) > 1:
            raise refusal(40067, "Your query is too large")
        return [report_row(filters(parameters)["campaign_ids"][0], "2026-10-01 00:00:00", spend="1")]

    found = await reader(Asked(rows), {"1": [], "2": [], "3": []}).read(query())
    assert [row.entity_id for row in found] == ["1", "2", "3"]


def knows(*metrics: str) -> Asked:
    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        wrong = [name for name in parameters["metrics"] if name not in metrics]
        if wrong:
            raise refusal(40002, f"Invalid metric fields: {wrong[:1]}")
        return [report_row("1", "2026-10-01 00:00:00", spend="1")]

    return Asked(rows)


async def test_a_metric_that_tiktok_knows_no_longer_is_dropped_and_not_asked_for_again() -> None:
    ask, refused = knows(*DELIVERY), RefusedMetrics()
    asked = query(metrics=(*DELIVERY, "form", "reach"))
    assert len(await ReportReader(ask, refused, {}).read(asked)) == 1
    assert refused == {asked.dimensions: {"form", "reach"}}
    calls = len(ask.calls)
    await ReportReader(ask, refused, {}).read(asked)
    assert len(ask.calls) == calls + 1


async def test_without_spend_there_is_no_report() -> None:
    with pytest.raises(ApiRefused, match="spend"):
        await reader(knows("impressions", "clicks")).read(query())


async def test_a_conflict_that_names_no_metric_drops_all_that_are_optional() -> None:
    words = "Conflict occurs. The input params including metrics and dimensions have no relation."

    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        if set(parameters["metrics"]) - set(DELIVERY):
            raise refusal(40002, words)
        return []

    refused = RefusedMetrics()
    await ReportReader(Asked(rows), refused, {}).read(query(metrics=(*DELIVERY, "form")))
    assert refused == {query().dimensions: {"form"}}


async def test_another_wrong_parameter_is_no_metric() -> None:
    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        raise refusal(40002, "max time span is 30 days when use stat_time_day")

    with pytest.raises(ApiRefused) as refused:
        await reader(Asked(rows)).read(query(metrics=(*DELIVERY, "form")))
    assert refused.value.kind == "invalid"


async def test_the_account_as_a_whole_has_no_status_to_filter_by() -> None:
    ask = Asked(lambda _: [])
    await reader(ask).read(query(entity="advertiser_id"))
    assert ask.calls[0][1]["filtering"] is None
    assert ask.calls[0][1]["data_level"] == "AUCTION_ADVERTISER"


async def test_a_metric_that_goes_not_with_one_report_is_asked_for_in_others() -> None:
    def rows(parameters: Mapping[str, Any]) -> list[Row]:
        if parameters["dimensions"][0] == "advertiser_id" and "reach" in parameters["metrics"]:
            raise refusal(40002, "Conflict occurs. The input params including metrics and dimensions have no relation.")
        return []

    ask, asked = Asked(rows), query(metrics=(*DELIVERY, "reach"))
    of_account = msgspec.structs.replace(asked, entity="advertiser_id")
    both = reader(ask)
    await both.read(of_account)
    await both.read(asked)
    assert ask.calls[-1][1]["metrics"] == [*DELIVERY, "reach"]
    assert (both.untold(of_account), both.untold(asked)) == ({"reach"}, frozenset())


async def test_a_report_of_nothing_but_refused_metrics_is_none() -> None:
    """TikTok would answer with spend and impressions, as if nobody was reached."""
    ask = knows(*DELIVERY)
    both = reader(ask)
    for _ in range(2):
        with pytest.raises(ApiRefused) as refused:
            await both.read(query(metrics=("reach",)))
        assert refused.value.kind == "invalid"
    assert len(ask.calls) == 1
