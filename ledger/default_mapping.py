"""The mapping every new app starts with: which of TikTok's standard events an app's events become by default."""

from typing import Final

import msgspec

from ledger.webhook_providers import PROVIDERS


class DefaultRow(msgspec.Struct, frozen=True):
    """One row of it."""

    source: str
    """The app's event, as `POST /v1/events` names it; `install` is the install itself."""
    target: str
    """TikTok's event; empty = not sent."""
    primary: bool
    """Worth optimising a campaign for, so shown first; the rest is shown on request."""


# what the webhooks of every provider are read into; a renewal is sent only where someone maps it, or first sales stay
# hidden among rebills
_NORMAL_FORM: Final = {
    "trial_started": "StartTrial",
    "subscription_started": "Subscribe",
    "trial_converted": "Subscribe",
    "one_time": "Purchase",
    "renewal": "",
}
_OF_TRIALS: Final = frozenset({"trial_started", "trial_converted"})

DEFAULT_MAPPING: Final[tuple[DefaultRow, ...]] = (
    DefaultRow("install", "Download", True),
    DefaultRow("session_start", "ViewContent", True),
    DefaultRow("sign_up", "CompleteRegistration", True),
    DefaultRow("register", "CompleteRegistration", True),
    DefaultRow("start_trial", "StartTrial", True),
    DefaultRow("subscribe", "Subscribe", True),
    DefaultRow("purchase", "Purchase", True),
    DefaultRow("initiate_checkout", "InitiateCheckout", False),
    DefaultRow("add_payment_info", "AddPaymentInfo", False),
    DefaultRow("add_to_cart", "AddToCart", False),
    DefaultRow("add_to_wishlist", "AddToWishlist", False),
    DefaultRow("view_content", "ViewContent", False),
    DefaultRow("view_item", "ViewContent", False),
    DefaultRow("search", "Search", False),
    *(
        DefaultRow(f"{facts.prefix}_{name}", target, False)
        for facts in PROVIDERS.values()
        for name, target in _NORMAL_FORM.items()
        if facts.trials or name not in _OF_TRIALS
    ),
)
DEFAULT_TARGETS: Final = {row.source: row.target for row in DEFAULT_MAPPING}
