"""The Signal link that goes into the ad."""

import pytest

from tiktok.macros import LINK_PARAMETERS, signal_link_url

GENERATED = (
    "https://go.example.com/summer?campaign_id=__CAMPAIGN_ID__&campaign_name=__CAMPAIGN_NAME__&adgroup_id=__AID__"
    "&adgroup_name=__AID_NAME__&ad_id=__CID__&ad_name=__CID_NAME__&ad_id_v2=__ADID_V2__&ad_name_v2=__ADID_V2_NAME__"
    "&placement=__PLACEMENT__&callback=__CALLBACK_PARAM__&ip=__IP__&ua=__UA__"
)


@pytest.mark.parametrize("base", ["https://go.example.com", "https://go.example.com/"])
def test_the_link_holds_every_macro_in_the_published_order(base: str) -> None:
    assert signal_link_url(base, "summer") == GENERATED


def test_a_slug_cannot_reach_beyond_its_path_segment() -> None:
    assert signal_link_url("https://go.example.com", "a/b?c").startswith(
        "https://go.example.com/a%2Fb%3Fc?campaign_id="
    )


def test_no_parameter_and_no_macro_stands_twice() -> None:
    names, macros = zip(*LINK_PARAMETERS, strict=True)
    assert len(set(names)) == len(set(macros)) == len(LINK_PARAMETERS)
