"""Sums as texts."""

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import AD, CREATIVE, a_campaign
from tests.sandbox.accounts.reports import DAY, a_spend_row, load_spend, report, the_row


def test_figures_are_texts_money_has_two_decimals_and_ratios_are_rounded(api: Api) -> None:
    load_spend(api, a_spend_row(metrics={"conversion": 2}))
    metrics = ["spend", "impressions", "clicks", "reach", "ctr", "cpc", "cpm", "frequency", "conversion"]
    [row] = report(api, metrics=[*metrics, "cost_per_conversion", "cost_per_result", "real_time_conversion"])["list"]
    assert row["dimensions"] == {"ad_id_v2": AD, "stat_time_hour": f"{DAY} 09:00:00"}
    assert row["metrics"] == {
        "spend": "1.50",
        "impressions": "400",
        "clicks": "9",
        "reach": "320",
        "ctr": "2.25",
        "cpc": "0.17",
        "cpm": "3.75",
        "frequency": "1.25",
        "conversion": "2",
        "cost_per_conversion": "0.75",
        "cost_per_result": "0.7500",
        "real_time_conversion": "2",
    }


def test_what_no_ad_group_optimises_for_is_null(api: Api) -> None:
    load_spend(api, a_spend_row(CREATIVE))
    metrics = ["conversion", "cost_per_conversion", "result", "complete_payment", "budget"]
    assert the_row(api, metrics=metrics) == {
        "conversion": "-",
        "cost_per_conversion": "-",
        "result": "-",
        "complete_payment": "0",
        "budget": "0.00",
    }


def test_an_ad_group_may_count_clicks_as_its_results(api: Api) -> None:
    campaign = a_campaign()
    campaign["adgroups"][0] |= {"optimization_goal": "CLICK", "optimization_event": None}
    load_spend(api, a_spend_row(), campaigns=[campaign])
    assert the_row(api, metrics=["result", "cost_per_result"]) == {"result": "9", "cost_per_result": "0.1667"}


def test_people_reached_do_not_add_up(api: Api) -> None:
    load_spend(api, a_spend_row(reach=100), a_spend_row(hour=f"{DAY} 10:00:00", reach=100))
    assert [row["metrics"]["reach"] for row in report(api, metrics=["reach"])["list"]] == ["100", "100"]
    assert the_row(api, dimensions=["ad_id_v2"], metrics=["reach"]) == {"reach": "177"}


def test_totals_go_with_the_rows(api: Api) -> None:
    load_spend(api, a_spend_row(), a_spend_row(CREATIVE, spend="2"))
    data = report(api, dimensions=["ad_id_v2"], enable_total_metrics="true", metrics=["spend", "cpc", "ad_name"])
    assert data["total_metrics"] == {"spend": "3.50", "cpc": "0.19", "ad_name": "-"}
