"""What a report counts; what may not be asked is in test_report_rules.py."""

from typing import Any

import pytest

from tests.sandbox.accounts.conftest import Api
from tests.sandbox.accounts.examples import (
    AD,
    ADGROUP,
    CAMPAIGN,
    CREATIVE,
    DELETED_AD,
    SMART_AD,
    SMART_CAMPAIGN,
    a_campaign,
)
from tests.sandbox.accounts.reports import a_spend_row, load_spend, report, spend_of

ALL = [{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]


def test_deleted_ads_are_hidden_at_their_level_unless_all_are_asked_for(api: Api) -> None:
    load_spend(api, a_spend_row(), a_spend_row(DELETED_AD, spend="5"))
    assert spend_of(report(api)) == {AD: "1.50"}
    assert spend_of(report(api, filtering=ALL)) == {AD: "1.50", DELETED_AD: "5.00"}
    only = [{**ALL[0], "filter_value": '["STATUS_DELETE"]'}]
    assert spend_of(report(api, filtering=only)) == {DELETED_AD: "5.00"}
    campaigns = report(api, data_level="AUCTION_CAMPAIGN", dimensions=["campaign_id"])
    assert spend_of(campaigns) == {CAMPAIGN: "6.50"}


@pytest.mark.parametrize("deleted", ["campaign", "adgroup"])
def test_an_ad_group_is_hidden_with_what_it_is_in(api: Api, deleted: str) -> None:
    campaign = a_campaign()
    (campaign if deleted == "campaign" else campaign["adgroups"][0])["deleted"] = True
    load_spend(api, a_spend_row(), campaigns=[campaign])
    query = {"data_level": "AUCTION_ADGROUP", "dimensions": ["adgroup_id"]}
    assert report(api, **query)["list"] == []
    everything = [{**ALL[0], "field_name": "adgroup_status"}]
    assert spend_of(report(api, **query, filtering=everything)) == {ADGROUP: "1.50"}
    assert report(api)["list"] == []


def test_ids_filter(api: Api) -> None:
    load_spend(api, a_spend_row(), a_spend_row(CREATIVE, spend="2"))

    def spent(name: str, *ids: str, **query: Any) -> dict[str, str]:
        value = "[" + ",".join(f'"{one}"' for one in ids) + "]"
        return spend_of(
            report(api, filtering=[{"field_name": name, "filter_type": "IN", "filter_value": value}], **query)
        )

    assert spent("campaign_ids", SMART_CAMPAIGN) == {SMART_AD: "2.00"}
    assert spent("adgroup_ids", ADGROUP) == {AD: "1.50"}
    assert spent("ad_ids_v2", SMART_AD) == {SMART_AD: "2.00"}
    assert spent("ad_ids", CREATIVE, dimensions=["ad_id"]) == {CREATIVE: "2.00"}
