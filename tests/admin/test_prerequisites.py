"""What TikTok wants before its ads can use what is sent."""

from typing import Any

import pytest

from admin.pixels import PixelToAdd, add_pixel
from admin.prerequisites import check_prerequisites
from admin.session import Session
from admin.tiktok_accounts import list_advertisers, use_advertiser
from tests.account_sandbox import COFFEE, COFFEE_PIXEL, TEA, TEA_PIXEL, AccountSandbox, advertiser, coffee
from tests.admin.logins import EVENTS_TOKEN, connect

pytestmark = pytest.mark.anyio


BC = "7000000000000000301"


def by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in items}


async def test_prerequisites_name_what_is_missing_from_the_beginning(
    session: Session, connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    [item] = await check_prerequisites(session, app_id)
    assert (item["name"], item["ok"]) == ("developer app", False)
    assert by_name(await check_prerequisites(connectable, app_id))["connection"]["ok"] is False
    sandbox.load(advertiser(), coffee())
    await connect(connectable, sandbox, app_id)
    found = by_name(await check_prerequisites(connectable, app_id))
    assert found["connection"]["ok"]
    assert found["advertiser"]["ok"] is False
    assert "tiktok use" in found["advertiser"]["fix"]


@pytest.mark.parametrize(
    ("role", "relation", "ok"),
    [("ADMIN", "BOUND", True), ("OPERATOR", "BOUND", True), ("ANALYST", "BOUND", False), ("ADMIN", "PENDING", False)],
)
async def test_the_role_is_what_a_business_center_says(  # noqa: PLR0917 - fixtures and a table
    connectable: Session, sandbox: AccountSandbox, app_id: str, role: str, relation: str, ok: bool
) -> None:
    asset = {"asset_id": TEA, "advertiser_role": role, "relation_status": relation}
    center = {"bc_id": BC, "name": "Tea Ltd", "assets": [asset]}
    sandbox.load(advertiser(), business_centers=[center])
    await connect(connectable, sandbox, app_id)
    found = by_name(await check_prerequisites(connectable, app_id))["role"]
    assert (found["ok"], found["detail"]) == (ok, f"{role} in Tea Ltd, {relation}")
    [item] = await list_advertisers(connectable, app_id)
    assert item["role"] == role


async def test_what_tiktok_does_not_tell_is_explained(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    found = by_name(await check_prerequisites(connectable, app_id))["role"]
    assert found["ok"] is None
    assert "User management" in found["fix"]
    sandbox.fault("bc/get", code=40001, message="advertiser does not grant you /bc/get/:GET permission")
    found = by_name(await check_prerequisites(connectable, app_id))["role"]
    assert (found["ok"], "/bc/get/:GET" in found["detail"]) == (None, True)


async def test_a_developer_app_in_review_is_told_in_tiktoks_words(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    sandbox.fault("oauth2/advertiser/get", code=40001, message="The app lacks the required scope")
    found = by_name(await check_prerequisites(connectable, app_id))["developer app's permissions"]
    assert found["ok"] is False
    assert found["detail"] == "40001: The app lacks the required scope"
    assert "reviewed" in found["fix"]


async def test_a_pixel_that_is_not_linked_is_named_with_whose_it_is(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee(), business_centers=[{"bc_id": BC}])
    await connect(connectable, sandbox, app_id)
    await use_advertiser(connectable, app_id, TEA)
    for code in (TEA_PIXEL, COFFEE_PIXEL):
        await add_pixel(connectable, PixelToAdd(app_id, code, EVENTS_TOKEN), validate=False)
    found = by_name(await check_prerequisites(connectable, app_id))
    assert found[f"pixel {TEA_PIXEL}"]["ok"] is True
    assert found[f"pixel {COFFEE_PIXEL}"]["ok"] is False
    assert found[f"pixel {COFFEE_PIXEL}"]["detail"] == f"not linked to advertiser {TEA} (Tea), but to {COFFEE}"
