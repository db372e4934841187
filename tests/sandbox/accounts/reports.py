"""Asking for reports."""

from typing import Any

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import AD, an_account, an_advertiser

PATH = "/report/integrated/get/"
DAY = "2026-11-17"  # the day before NOW

BASIC: dict[str, Any] = {
    "report_type": "BASIC",
    "data_level": "AUCTION_AD",
    "dimensions": ["ad_id_v2", "stat_time_hour"],
    "metrics": ["spend"],
    "start_date": DAY,
    "end_date": DAY,
    "page_size": 1000,
}


def report(api: Api, **changes: Any) -> dict[str, Any]:
    """The data of a report by ad and hour of one day, with parameters changed."""
    return api.data(PATH, **{**BASIC, **changes})


def the_row(api: Api, **changes: Any) -> dict[str, str]:
    """The metrics of a report that has one row."""
    [row] = report(api, **changes)["list"]
    metrics: dict[str, str] = row["metrics"]
    return metrics


def spend_of(data: dict[str, Any]) -> dict[str, str]:
    """Spend by the first dimension."""
    return {next(iter(row["dimensions"].values())): row["metrics"]["spend"] for row in data["list"]}


def by_time(data: dict[str, Any]) -> dict[str, str]:
    """Spend by the last dimension."""
    return {list(row["dimensions"].values())[-1]: row["metrics"]["spend"] for row in data["list"]}


def a_spend_row(ad_id: str = AD, hour: str = f"{DAY} 09:00:00", **changes: Any) -> dict[str, Any]:
    return {"ad_id": ad_id, "hour": hour, "spend": "1.50", "impressions": 400, "clicks": 9, **changes}


def load_spend(api: Api, *spend: dict[str, Any], **changes: Any) -> None:
    api.load(an_account(an_advertiser(spend=list(spend), **changes)))
