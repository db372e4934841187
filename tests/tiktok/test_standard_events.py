"""TikTok's event names and the mapping an app starts with."""

import pytest

from tiktok.standard_events import (
    DEFAULT_MAPPING,
    RENAMED,
    RESERVED,
    SOFT_DEPRECATED,
    STANDARD_EVENTS,
    is_standard,
    name_for,
    target_warning,
)


def test_there_are_eighteen_standard_events_in_alphabetical_order() -> None:
    assert len(set(STANDARD_EVENTS)) == 18
    assert list(STANDARD_EVENTS) == sorted(STANDARD_EVENTS)


@pytest.mark.parametrize("name", [*STANDARD_EVENTS, *RENAMED])
def test_current_and_renamed_events_are_standard_and_draw_no_warning(name: str) -> None:
    assert is_standard(name)
    assert target_warning(name) is None


@pytest.mark.parametrize("name", ["purchase", "PURCHASE", "Purchase ", "", "app_install", "Pageview", "CancelOrder"])
def test_names_are_case_sensitive_and_anything_off_the_list_is_custom(name: str) -> None:
    assert not is_standard(name)
    assert "custom event" in (target_warning(name) or "")


@pytest.mark.parametrize(("name", "becomes"), [item for item in RESERVED.items() if item[0] not in RENAMED])
def test_a_reserved_name_is_warned_of_with_what_tiktok_makes_of_it(name: str, becomes: str) -> None:
    assert becomes in (target_warning(name) or "")


@pytest.mark.parametrize("name", sorted(SOFT_DEPRECATED))
def test_a_retiring_event_is_warned_of_with_its_last_year(name: str) -> None:
    assert "2027" in (target_warning(name) or "")


@pytest.mark.parametrize(
    ("event", "current", "legacy"),
    [
        ("Purchase", "Purchase", "CompletePayment"),
        ("CompletePayment", "Purchase", "CompletePayment"),
        ("Lead", "Lead", "SubmitForm"),
        ("SubmitForm", "Lead", "SubmitForm"),
        ("ViewContent", "ViewContent", "ViewContent"),
        ("my_event", "my_event", "my_event"),
    ],
)
def test_a_pixel_gets_the_renamed_events_under_the_names_it_is_set_to(event: str, current: str, legacy: str) -> None:
    assert name_for(event, "current") == current
    assert name_for(event, "legacy") == legacy


def test_the_default_mapping_is_the_published_one() -> None:
    assert [(row.source, row.target, row.primary) for row in DEFAULT_MAPPING] == [
        ("install", "Download", True),
        ("session_start", "ViewContent", True),
        ("sign_up", "CompleteRegistration", True),
        ("register", "CompleteRegistration", True),
        ("start_trial", "StartTrial", True),
        ("subscribe", "Subscribe", True),
        ("purchase", "Purchase", True),
        ("initiate_checkout", "InitiateCheckout", False),
        ("add_payment_info", "AddPaymentInfo", False),
        ("add_to_cart", "AddToCart", False),
        ("add_to_wishlist", "AddToWishlist", False),
        ("view_content", "ViewContent", False),
        ("view_item", "ViewContent", False),
        ("search", "Search", False),
        ("rc_trial_started", "StartTrial", False),
        ("rc_subscription_started", "Subscribe", False),
        ("rc_trial_converted", "Subscribe", False),
        ("rc_one_time", "Purchase", False),
        ("rc_renewal", "", False),
        ("sw_trial_started", "StartTrial", False),
        ("sw_subscription_started", "Subscribe", False),
        ("sw_trial_converted", "Subscribe", False),
        ("sw_one_time", "Purchase", False),
        ("sw_renewal", "", False),
        ("adapty_trial_started", "StartTrial", False),
        ("adapty_subscription_started", "Subscribe", False),
        ("adapty_trial_converted", "Subscribe", False),
        ("adapty_one_time", "Purchase", False),
        ("adapty_renewal", "", False),
        ("stripe_subscription_started", "Subscribe", False),
        ("stripe_one_time", "Purchase", False),
        ("stripe_renewal", "", False),
    ]


def test_every_default_target_is_one_of_the_eighteen_or_none() -> None:
    assert {row.target for row in DEFAULT_MAPPING} <= {*STANDARD_EVENTS, ""}
