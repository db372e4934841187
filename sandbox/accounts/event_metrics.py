"""Which metric of a report, and which optimisation code, an event of the Events API counts in."""

import msgspec


class EventMetrics(msgspec.Struct, frozen=True):
    """`count` and `value`: metric names of reports. `code`: as `pixel/list` names the event (DOC)."""

    count: str
    code: str
    value: str | None = None


CUSTOM = EventMetrics("custom_page_events", "CUSTOM")

_PURCHASE = EventMetrics("complete_payment", "SHOPPING", "total_complete_payment_rate")
_LEAD = EventMetrics("form", "FORM")

# Metric names: report reference (PD) and what was rejected live. The old names of two events still work.
# Codes of the last five are *invented*: none was found, so codes have to be taken from pixel/list.
STANDARD: dict[str, EventMetrics] = {
    "Purchase": _PURCHASE,
    "CompletePayment": _PURCHASE,
    "Lead": _LEAD,
    "SubmitForm": _LEAD,
    "CompleteRegistration": EventMetrics("user_registration", "ON_WEB_REGISTER"),
    "Subscribe": EventMetrics("on_web_subscribe", "ON_WEB_SUBSCRIBE"),
    "ViewContent": EventMetrics("page_content_view_events", "ON_WEB_DETAIL"),
    "AddToCart": EventMetrics("web_event_add_to_cart", "ON_WEB_CART"),
    "InitiateCheckout": EventMetrics("initiate_checkout", "INITIATE_ORDER"),
    "AddPaymentInfo": EventMetrics("add_billing", "ADD_BILLING"),
    "Search": EventMetrics("page_event_search", "ON_WEB_SEARCH"),
    "Contact": EventMetrics("online_consult", "CONSULT"),
    "Download": EventMetrics("download_start", "DOWNLOAD_START"),
    "AddToWishlist": EventMetrics("on_web_add_to_wishlist", "ON_WEB_ADD_TO_WISHLIST"),
    "FindLocation": EventMetrics("website_total_find_location", "ON_WEB_FIND_LOCATION"),
    "Schedule": EventMetrics("website_total_schedule", "ON_WEB_SCHEDULE"),
    "CustomizeProduct": EventMetrics("website_total_customize_product", "ON_WEB_CUSTOMIZE_PRODUCT"),
    # no web metric counts it: `start_trial` is for apps
    "StartTrial": EventMetrics("", "ON_WEB_START_TRIAL"),
    "SubmitApplication": EventMetrics("", "ON_WEB_SUBMIT_APPLICATION"),
}
