"""The fields of the payload that an operator may fill from an event's own properties.

Source: TikTok's Events API 2.0 reference for `event_source` = `web`. What identifies the click or the delivery
(`ttclid`, `ttp`, `event_id`, `ip`, `user_agent`, `page.url`) is not among them: it comes from the click and the
connection.
"""

from typing import Final

PROPERTY_FIELDS: Final = (
    "value",
    "currency",
    "content_ids",
    "content_type",
    "num_items",
    "order_id",
    "shop_id",
    "search_string",
    "query",
    "description",
    "delivery_category",
    "predicted_ltv",
    "quantity",
    "contents",
)
CONTENT_FIELDS: Final = ("content_id", "content_type", "content_category", "content_name", "brand", "price", "quantity")
CONTENT_PREFIX: Final = "contents[]."
USER_FIELDS: Final = (
    "email", "phone", "external_id", "first_name", "last_name", "zip_code", "city", "state", "country", "locale",
)  # fmt: skip

FIELDS: Final[tuple[str, ...]] = (
    *PROPERTY_FIELDS,
    *(CONTENT_PREFIX + field for field in CONTENT_FIELDS),
    *USER_FIELDS,
)
