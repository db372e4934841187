"""How the past of spend changes."""

from typing import Any

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import AD, ADVERTISER
from tests.sandbox.accounts.reports import DAY, a_spend_row, by_time, load_spend, report


def _change(api: Api, **change: Any) -> None:
    answer = api.client.post("/_sandbox/spend", json={"advertiser_id": ADVERTISER, **change})
    assert answer.status_code == 201, answer.text


def test_the_past_changes_on_demand(api: Api) -> None:
    load_spend(api, a_spend_row(), a_spend_row(hour=f"{DAY} 10:00:00"), a_spend_row(hour=f"{DAY} 11:00:00"))
    _change(
        api,
        set=[a_spend_row(spend="9")],
        delete=[{"ad_id": AD, "hour": f"{DAY} 10:00:00"}],
        add=[a_spend_row(hour=f"{DAY} 11:00:00", spend="0.25")],
    )
    assert by_time(report(api)) == {f"{DAY} 09:00:00": "9.00", f"{DAY} 11:00:00": "1.75"}
    _change(api, delete=[{"day": DAY}])
    assert report(api)["list"] == []


def test_the_past_changes_after_so_many_reports_of_which_further_pages_are_none(api: Api) -> None:
    load_spend(api, a_spend_row(), corrections=[{"after_pulls": 2, "set": [a_spend_row(spend="9")]}])
    spent = [next(iter(by_time(report(api, page=page)).values()), None) for page in (1, 2, 1, 1)]
    assert spent == ["1.50", None, "1.50", "9.00"]
    _change(api, after_pulls=1, delete=[{"ad_id": AD}])
    assert [len(report(api)["list"]) for _ in range(2)] == [1, 0]
