"""`/campaign/get/`, `/adgroup/get/`, `/ad/get/`, `/smart_plus/ad/get/`: newest id first, so pages drift as ads come."""

from collections.abc import Iterable, Mapping

import msgspec

from sandbox.accounts.endpoint import Data
from sandbox.accounts.entity_filter import Listed, read_filter
from sandbox.accounts.entity_rows import (
    AD_FIELDS,
    ADGROUP_FIELDS,
    CAMPAIGN_FIELDS,
    SMART_PLUS_AD_FIELDS,
    Row,
    ad_row,
    ad_v2_row,
    adgroup_row,
    campaign_row,
    smart_plus_ad_row,
)
from sandbox.accounts.holding import Holding
from sandbox.accounts.parameters import Parameters, chosen, known_fields, page_of
from sandbox.accounts.permission import advertiser, granted
from sandbox.accounts.records import SmartPlusAd
from sandbox.accounts.tree import Place
from sandbox.calls import Call
from sandbox.memory import Memory
from sandbox.refusals import Refusal

PAGE_SIZE = 1000


class Kind(msgspec.Struct, frozen=True):
    """What tells one list from another."""

    id_field: str
    ids: Mapping[str, str]
    """Its id filters, and the field of a row each is about."""
    modified_after: bool
    fields: frozenset[str]


_CAMPAIGNS = Kind("campaign_id", {"campaign_ids": "campaign_id"}, False, CAMPAIGN_FIELDS)
_ADGROUPS = Kind("adgroup_id", {**_CAMPAIGNS.ids, "adgroup_ids": "adgroup_id"}, False, ADGROUP_FIELDS)
_ADS = Kind("ad_id", {**_ADGROUPS.ids, "ad_ids": "ad_id", "ad_ids_v2": "ad_id_v2"}, True, AD_FIELDS)
_SMART_ADS = Kind(
    "smart_plus_ad_id", {**_ADGROUPS.ids, "smart_plus_ad_ids": "smart_plus_ad_id"}, True, SMART_PLUS_AD_FIELDS
)


def campaigns(call: Call, memory: Memory) -> Data:
    holding, parameters = _asked(call, memory)
    listed = [
        Listed(campaign_row(campaign, holding.record), campaign.deleted, campaign.objective_type)
        for campaign in holding.record.campaigns
        if not campaign.gone
    ]
    return _listed(parameters, _CAMPAIGNS, listed)


def adgroups(call: Call, memory: Memory) -> Data:
    holding, parameters = _asked(call, memory)
    listed = [
        Listed(
            adgroup_row(adgroup, campaign, holding.record), campaign.deleted or adgroup.deleted, campaign.objective_type
        )
        for campaign in holding.record.campaigns
        for adgroup in campaign.adgroups
        if not (campaign.gone or adgroup.gone)
    ]
    return _listed(parameters, _ADGROUPS, listed)


def ads(call: Call, memory: Memory) -> Data:
    """Manual ads and, as rows of their own, the creatives of Upgraded Smart+ ads; by `ad_ids_v2` ads of both kinds."""
    holding, parameters = _asked(call, memory)
    filtering = parameters.json("filtering")
    by_v2 = isinstance(filtering, dict) and "ad_ids_v2" in filtering
    if by_v2 and "ad_ids" in filtering:
        raise Refusal("ad_ids and ad_ids_v2 never go together.").within("filtering")
    places = [place for place in _present(holding) if (place.creative is None if by_v2 else place.ad_id is not None)]
    row = ad_v2_row if by_v2 else ad_row
    return _listed(parameters, _ADS, (_of(place, row(place, holding.record)) for place in places))


def smart_plus_ads(call: Call, memory: Memory) -> Data:
    holding, parameters = _asked(call, memory)
    places = [place for place in _present(holding) if isinstance(place.ad, SmartPlusAd) and place.creative is None]
    return _listed(parameters, _SMART_ADS, (_of(place, smart_plus_ad_row(place, holding.record)) for place in places))


def _asked(call: Call, memory: Memory) -> tuple[Holding, Parameters]:
    grant = granted(call, memory)
    parameters = Parameters(call)
    return advertiser(parameters, grant, memory), parameters


def _present(holding: Holding) -> list[Place]:
    """What lists still name: all that is not long dead."""
    return [
        place
        for place in holding.tree.places()
        if not any(one is not None and one.gone for one in (place.campaign, place.adgroup, place.ad, place.creative))
    ]


def _of(place: Place, row: Row) -> Listed:
    return Listed(row, place.deleted("ad"), place.campaign.objective_type)


def _listed(parameters: Parameters, kind: Kind, listed: Iterable[Listed]) -> Data:
    page = page_of(parameters, PAGE_SIZE)
    wanted = read_filter(parameters, kind.ids, kind.modified_after)
    everything = list(listed)
    fields = known_fields(parameters, {*kind.fields, *(name for one in everything for name in one.row)})
    without_null = parameters.texts("exclude_field_types_in_response") == ["NULL_FIELD"]
    found = [one.row for one in everything if wanted(one)]
    found.sort(key=lambda row: _newest(row, kind), reverse=True)
    rows, info = page.of(found)
    answered = [chosen(row, fields) for row in rows]
    if without_null:
        answered = [{name: value for name, value in row.items() if value is not None} for row in answered]
    return {"list": answered, "page_info": info}


def _newest(row: Row, kind: Kind) -> int:
    return int(row.get(kind.id_field) or row["ad_id_v2"])
