"""The mapping an app starts with."""

from ledger.default_mapping import DEFAULT_MAPPING
from tiktok.standard_events import STANDARD_EVENTS


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
