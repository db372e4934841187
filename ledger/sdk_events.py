"""What an app's own events say of money and milestones, by their names.

An app calls its events as it likes: by our names, TikTok's, a preset's, or those of the tools that it told them before
or tells them besides. Case, blanks, dashes, dots and underlines make no other name: `Checkout Started` is
`checkout_started`.
"""

from collections.abc import Iterable
from typing import Final

UNPAID: Final = (
    *("search", "view_content", "view_item", "add_to_cart", "add_to_wishlist", "initiate_checkout", "add_payment_info"),
    # TikTok's standard events
    *("application_approval", "click_button", "contact", "customize_product", "download", "find_location", "lead"),
    *("page_view", "place_an_order", "schedule", "submit_application", "submit_form", "start_checkout"),
    # the presets'
    *("page", "session_start", "products_searched", "product_viewed", "product_added", "product_added_to_wishlist"),
    *("checkout_started", "payment_info_entered", "lead_submitted", "pricing_viewed", "contact_requested"),
    *("demo_requested", "application_submitted", "destination_searched", "listing_viewed", "listing_saved"),
    *("booking_started", "vehicle_searched", "vehicle_viewed", "vehicle_compared", "vehicle_saved"),
    *("brochure_downloaded", "finance_quote_requested", "trade_in_valued", "test_drive_booked", "dealer_contacted"),
    # Google Analytics'
    *("view_item_list", "view_cart", "view_promotion", "view_search_results", "select_item", "select_promotion"),
    *("remove_from_cart", "begin_checkout", "add_shipping_info", "generate_lead"),
    *("earn_virtual_currency", "spend_virtual_currency"),
    # Segment's; an order that is updated has been completed or will be
    *("product_list_viewed", "product_clicked", "product_removed", "cart_viewed", "checkout_step_viewed"),
    *("checkout_step_completed", "order_updated", "order_cancelled", "cancel_order"),
    # Meta's app events, as its SDK sends them and as its pages call them; credits are no money
    *("fb_mobile_content_view", "fb_mobile_search", "fb_mobile_add_to_cart", "fb_mobile_add_to_wishlist"),
    *("fb_mobile_initiated_checkout", "fb_mobile_add_payment_info", "fb_mobile_spent_credits", "viewed_content"),
    *("searched", "added_to_cart", "added_to_wishlist", "initiated_checkout", "added_payment_info", "spent_credits"),
    # AppsFlyer's in-app events
    *("af_content_view", "af_list_view", "af_search", "af_add_to_cart", "af_remove_from_cart", "af_add_to_wishlist"),
    *("af_initiated_checkout", "af_add_payment_info", "af_spent_credits"),
    # Branch's, Klaviyo's
    *("view_items", "initiate_purchase", "spend_credits", "viewed_product", "started_checkout"),
)
"""Their value is what might be paid, or was to be; that of every other event of an app is revenue, but REFUNDS'."""
REFUNDS: Final = ("refund", "refunded", "purchase_refund", "purchase_refunded", "order_refunded", "chargeback")
"""Their value was paid back."""
TRIALS: Final = ("start_trial", "trial_started", "af_start_trial")
REGISTRATIONS: Final = (
    *("sign_up", "signed_up", "register", "registered", "registration", "complete_registration"),
    *("completed_registration", "fb_mobile_complete_registration", "af_complete_registration"),
)

_MAKES_NO_OTHER_NAME: Final = " _-."


def plain(name: str) -> str:
    """What names that are one have in common."""
    return "".join(letter for letter in name.lower() if letter not in _MAKES_NO_OTHER_NAME)


def is_any_of(column: str, names: Iterable[str]) -> str:
    """The condition that the name in the column is one of these."""
    listed = ", ".join(f"'{one}'" for one in dict.fromkeys(map(plain, names)))
    return f"translate(lower({column}), '{_MAKES_NO_OTHER_NAME}', '') IN ({listed})"
