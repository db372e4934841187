"""What an app's own events say of money and milestones, whichever vocabulary it calls them by."""

from typing import Any, Final

import pytest

from config.presets import all_presets
from ledger.apps import AppSettings
from ledger.default_mapping import DEFAULT_TARGETS
from ledger.sdk_events import REFUNDS, REGISTRATIONS, TRIALS, UNPAID, plain
from ledger.webhook_providers import TRIAL_EVENTS
from tests.ledger.test_report import an_app, asked, happened, installed
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture
from tiktok.standard_events import STANDARD_EVENTS

PAID: Final = {"Purchase", "Subscribe"}
LISTS: Final = {"StartTrial": TRIALS + TRIAL_EVENTS, "CompleteRegistration": REGISTRATIONS}
"""TikTok's event -> the names that count as it."""
PREPARED: Final = sorted(
    {(source, target) for preset in all_presets() for source, target in (DEFAULT_TARGETS | preset.mapping).items()}
)


@pytest.mark.parametrize(("source", "target"), PREPARED)
def test_what_a_prepared_mapping_calls_no_payment_is_none(source: str, target: str) -> None:
    if source == "install" or target in PAID | {""}:
        return
    assert plain(source) in {plain(name) for name in LISTS.get(target, UNPAID)}


@pytest.mark.parametrize("name", [name for name in STANDARD_EVENTS if name not in PAID])
def test_tiktoks_own_names_are_told_apart(name: str) -> None:
    assert plain(name) in {plain(known) for known in LISTS.get(name, UNPAID)}


def test_no_name_says_two_things() -> None:
    names = [plain(name) for name in (*UNPAID, *REFUNDS, *TRIALS, *REGISTRATIONS)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("purchase", {"revenue": 9.99}),
        ("Order Completed", {"revenue": 9.99}),
        ("level_up", {"revenue": 9.99}),
        ("add_to_cart", {}),
        ("AddToCart", {}),
        ("ADD-TO-CART", {}),
        ("Product Viewed", {}),
        ("Checkout Started", {}),
        ("begin_checkout", {}),
        ("order_updated", {}),
        ("fb_mobile_add_to_cart", {}),
        ("Initiated Checkout", {}),
        ("spend_virtual_currency", {}),
        ("af_add_to_cart", {}),
        ("af_initiated_checkout", {}),
        ("INITIATE_PURCHASE", {}),
        ("Started Checkout", {}),
        ("fb_mobile_purchase", {"revenue": 9.99}),
        ("af_purchase", {"revenue": 9.99}),
        ("af_subscribe", {"revenue": 9.99}),
        ("Placed Order", {"revenue": 9.99}),
        ("af_start_trial", {"revenue": 9.99, "trials": 1}),
        ("fb_mobile_complete_registration", {"revenue": 9.99, "registrations": 1}),
        ("af_complete_registration", {"revenue": 9.99, "registrations": 1}),
        ("refund", {"refunds": 9.99}),
        ("Order Refunded", {"refunds": 9.99}),
        ("rc_refund", {"refunds": 9.99}),
        ("START_TRIAL", {"revenue": 9.99, "trials": 1}),
        ("Signed Up", {"revenue": 9.99, "registrations": 1}),
    ],
)
async def test_an_apps_event_of_this_name_is_counted_as(ledger: Any, name: str, told: dict[str, float]) -> None:
    await an_app(ledger)
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", name, "9.99")
    totals = (await asked(ledger))["totals"]
    columns = ("revenue", "refunds", "trials", "registrations")
    assert {column: totals[column] for column in columns if totals[column]} == told


@pytest.mark.anyio
async def test_an_apps_own_refunds_stay_out_where_a_platform_tells_of_revenue(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(revenue_source="revenuecat"))
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", "refund", "9.99")
    assert (await asked(ledger))["totals"]["refunds"] == 0
