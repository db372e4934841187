"""The event names TikTok knows, and what became of the old ones.

Sources: TikTok help, "Supported standard events" (September 2025), "How to adopt TikTok's updated standard events"
(May 2025) and "Reserved events". Names are case-sensitive. Only a standard event can be what a campaign optimises
for.
"""

from typing import Final, Literal

EventNames = Literal["current", "legacy"]

STANDARD_EVENTS: Final[tuple[str, ...]] = (
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "ApplicationApproval",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Download",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
)

# Old name -> new name since 2025-05-01. TikTok still takes the old ones and shows them under the new name, but
# whether an old and a new name are deduplicated against one another is not documented: a pixel whose browser side
# fires the old name keeps it.
RENAMED: Final[dict[str, str]] = {"CompletePayment": "Purchase", "SubmitForm": "Lead"}
_LEGACY_NAME: Final[dict[str, str]] = {new: old for old, new in RENAMED.items()}

# Out of TikTok's documentation since 2025, supported until 2027.
SOFT_DEPRECATED: Final[frozenset[str]] = frozenset({"ClickButton", "PlaceAnOrder"})

# TikTok turns each of these into the event beside it, so none can serve as a custom name.
RESERVED: Final[dict[str, str]] = {
    "AddBilling": "AddPaymentInfo",
    "Browse": "PageView",
    "Checkout": "PlaceAnOrder",
    "ClickForm": "Lead",
    "ClickInDownloadPage": "ClickButton",
    "ClickToDownload": "Download",
    "CompletePayment": "Purchase",
    "Consult": "Contact",
    "ConsultByPhone": "Contact",
    "Registration": "CompleteRegistration",
    "StartCheckout": "InitiateCheckout",
    "ViewConsultationPage": "ViewContent",
    "ViewDownloadPage": "ViewContent",
    "ViewForm": "ViewContent",
}

_STANDARD: Final[frozenset[str]] = frozenset(STANDARD_EVENTS) | RENAMED.keys()


def is_standard(name: str) -> bool:
    """Whether a campaign can optimise for `name`: one of the 18, or an old name that TikTok reads as one of them."""
    return name in _STANDARD


def counted_as(name: str) -> str:
    """What TikTok makes of `name`: an old or a reserved name counts as the event it stands for."""
    return RENAMED.get(name) or RESERVED.get(name, name)


def name_for(event: str, event_names: EventNames) -> str:
    """`event` as a pixel set to `event_names` sends it: `Purchase` and `Lead` have an old name each, all else has one
    name.
    """
    names = _LEGACY_NAME if event_names == "legacy" else RENAMED
    return names.get(event, event)


def target_warning(name: str) -> str | None:
    """What whoever maps an event to `name` should know, in a sentence; None where there is nothing to say."""
    if is_standard(name):
        return None
    if name in RESERVED:
        return f"TikTok reserves the name {name} and turns it into {RESERVED[name]}: map to {RESERVED[name]} instead."
    if name in SOFT_DEPRECATED:
        return f"{name} is no longer documented by TikTok and will be supported until 2027 only: choose another event."
    return f"{name} is not a TikTok standard event: it is sent as a custom event, which no campaign can optimise for."
