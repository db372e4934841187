"""`/bc/get/`, `/bc/asset/get/` and `/bc/pixel/link/get/`."""

from typing import Any

from sandbox.accounts.endpoint import Data
from sandbox.accounts.grants import Grant
from sandbox.accounts.parameters import Parameters, page_of
from sandbox.accounts.permission import granted
from sandbox.accounts.records import Account, Asset, BusinessCenter
from sandbox.calls import Call
from sandbox.codes import Code
from sandbox.memory import Memory
from sandbox.refusals import Refusal

PAGE_SIZE = 50
_ASSET_TYPES = ("ADVERTISER", "PIXEL", "CATALOG", "TIKTOK_SHOP", "LEAD", "TT_ACCOUNT")


def business_centers(call: Call, memory: Memory) -> Data:
    """Those the login belongs to, with its role in each; `bc_id` asks for one."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    wanted = parameters.text("bc_id")
    rows = [_row(center) for center in _centers(grant, memory) if wanted in {"", center.bc_id}]
    listed, info = page_of(parameters, PAGE_SIZE).of(rows)
    return {"list": listed, "page_info": info}


def assets(call: Call, memory: Memory) -> Data:
    """The assets of one type, with the role of the login on each advertiser."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    center = _center(parameters, grant, memory)
    parameters.required("asset_type")
    kind = parameters.one_of("asset_type", _ASSET_TYPES, "")
    account = memory.accounts.account(grant.account_id)
    found = [asset for asset in assets_of(center, account) if asset.asset_type == kind]
    rows = [_asset_row(asset, center, memory) for asset in found]
    listed, info = page_of(parameters, PAGE_SIZE).of(rows)
    return {"list": listed, "page_info": info}


def pixel_links(call: Call, memory: Memory) -> Data:
    """The advertisers that may use a pixel of the Business Center."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    center = _center(parameters, grant, memory)
    owner = memory.accounts.owner_of_pixel(parameters.required("pixel_code"))
    account = memory.accounts.account(grant.account_id)
    if owner is None or owner.pixel.pixel_id not in {asset.asset_id for asset in assets_of(center, account)}:
        raise Refusal("You don't have permission to the asset.", Code.PARAM_ERROR)
    ids = [owner.holding.record.advertiser_id, *owner.pixel.linked_advertiser_ids]
    rows = [{"advertiser_id": one, "advertiser_name": _name(one, memory)} for one in ids]
    listed, info = page_of(parameters, 100).of(rows)  # 100: as seen in a public client
    return {"list": listed, "page_info": info}


def assets_of(center: BusinessCenter, account: Account | None) -> tuple[Asset, ...]:
    """What a Business Center holds: as said, else everything of its account."""
    if center.assets is not None:
        return center.assets
    advertisers = account.advertisers if account is not None else ()
    return (
        *(Asset(asset_id=one.advertiser_id, asset_name=one.name) for one in advertisers),
        *(
            Asset(asset_id=pixel.pixel_id, asset_type="PIXEL", asset_name=pixel.pixel_name, advertiser_role=None)
            for one in advertisers
            for pixel in one.pixels
        ),
    )


def _centers(grant: Grant, memory: Memory) -> tuple[BusinessCenter, ...]:
    account = memory.accounts.account(grant.account_id)
    return account.business_centers if account is not None else ()


def _center(parameters: Parameters, grant: Grant, memory: Memory) -> BusinessCenter:
    bc_id = parameters.required("bc_id")
    for center in _centers(grant, memory):
        if center.bc_id == bc_id:
            return center
    raise Refusal(f"No permission to operate Business Center {bc_id}.", Code.PERMISSION_ERROR)


def _row(center: BusinessCenter) -> dict[str, Any]:
    info = {
        "bc_id": center.bc_id,
        "name": center.name,
        "company": center.name,
        "currency": "USD",
        "registered_area": "US",
        "status": "ENABLE",
        "timezone": "Etc/GMT",
        "type": "NORMAL",
        **center.more,
    }
    return {"bc_info": info, "user_role": center.user_role, "ext_user_role": {"finance_role": None}}


def _asset_row(asset: Asset, center: BusinessCenter, memory: Memory) -> dict[str, Any]:
    is_advertiser = asset.asset_type == "ADVERTISER"
    holding = memory.accounts.holding(asset.asset_id) if is_advertiser else None
    code = None if is_advertiser else memory.accounts.code_of_pixel(asset.asset_id)
    return {
        "asset_type": asset.asset_type,
        "asset_id": asset.asset_id,
        "asset_name": asset.asset_name,
        "relation_type": asset.relation_type,
        "relation_status": asset.relation_status,
        "advertiser_status": holding.record.status if holding is not None else None,
        "advertiser_account_type": "AUCTION" if is_advertiser else None,
        "advertiser_role": asset.advertiser_role if is_advertiser else None,
        "pixel_code": code,
        "owner_bc_name": center.name if asset.relation_type == "OWNER_BC" else None,
    }


def _name(advertiser_id: str, memory: Memory) -> str:
    holding = memory.accounts.holding(advertiser_id)
    return holding.record.name if holding is not None else ""
