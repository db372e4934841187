"""What campaigns can optimise for: TikTok's codes of events, and the objectives that use events of a web pixel.

Sources: the developer portal's lists of `optimization_event` and `optimization_goal` by objective, a live schema of
2026-05, TikTok help on StartTrial (Lead generation alone). No code for StartTrial was ever seen: what a pixel lists in
its `events[]` decides.
"""

from typing import Final

EVENT_OF_CODE: Final[dict[str, str]] = {
    "SHOPPING": "Purchase",
    "FORM": "Lead",
    "ON_WEB_REGISTER": "CompleteRegistration",
    "ON_WEB_SUBSCRIBE": "Subscribe",
    "INITIATE_ORDER": "InitiateCheckout",
    "ON_WEB_CART": "AddToCart",
    "ON_WEB_DETAIL": "ViewContent",
    "ON_WEB_SEARCH": "Search",
    "ON_WEB_ADD_TO_WISHLIST": "AddToWishlist",
    "ADD_BILLING": "AddPaymentInfo",
    "CONSULT": "Contact",
    "DOWNLOAD_START": "Download",
}
"""Code -> standard event. A code that is missing here is not known to be anything."""

START_TRIAL: Final = "StartTrial"
START_TRIAL_OBJECTIVES: Final = frozenset({"LEAD_GENERATION"})

USES_WEB_EVENTS: Final = frozenset({"WEB_CONVERSIONS", "CONVERSIONS", "LEAD_GENERATION", "PRODUCT_SALES"})
"""`objective_type`; CONVERSIONS is what WEB_CONVERSIONS was called."""
OBJECTIVE_NAMES: Final[dict[str, str]] = {
    "WEB_CONVERSIONS": "Sales (website conversions)",
    "CONVERSIONS": "Sales (website conversions)",
    "LEAD_GENERATION": "Lead generation",
    "APP_PROMOTION": "App promotion",
    "APP_INSTALL": "App promotion",
    "TRAFFIC": "Traffic",
    "REACH": "Reach",
    "VIDEO_VIEWS": "Video views",
    "ENGAGEMENT": "Community interaction",
    "PRODUCT_SALES": "Product sales",
}
GOALS_WITHOUT_EVENTS: Final[dict[str, str]] = {
    "CLICK": "clicks",
    "TRAFFIC_LANDING_PAGE_VIEW": "landing page views",
}
"""`optimization_goal` that looks at no event."""
TIKTOK_PLACEMENT: Final = "PLACEMENT_TIKTOK"


def is_trial(code: str) -> bool:
    """Whether a code is likely StartTrial's: none is documented."""
    return "TRIAL" in code.upper()
