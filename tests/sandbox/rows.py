"""Rows and pixels the tests of the sandbox start from."""

from typing import Any

NOW = 1_795_000_000.0
PIXEL = "C4SANDBOXTEST0000001"
TOKEN = "token-of-the-test-pixel"
EMAIL_HASH = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
TRACK = "/open_api/v1.3/event/track/"


def a_row(**changes: Any) -> dict[str, Any]:
    """The smallest good row, with fields changed or added."""
    return {"event": "Purchase", "event_time": int(NOW), "event_id": "e-1", **changes}


def a_body(*rows: Any, **changes: Any) -> dict[str, Any]:
    """A whole request body around the rows (one good row when none is given)."""
    return {"event_source": "web", "event_source_id": PIXEL, "data": list(rows) or [a_row()], **changes}


def a_full_row() -> dict[str, Any]:
    """A row with every documented field of a web event."""
    return a_row(
        user={
            "email": [EMAIL_HASH],
            "phone": EMAIL_HASH,
            "external_id": [EMAIL_HASH, EMAIL_HASH],
            "first_name": EMAIL_HASH,
            "last_name": EMAIL_HASH,
            "zip_code": EMAIL_HASH,
            "city": "münchen",
            "state": "ca",
            "country": "de",
            "ttclid": "E.C.P." + "x" * 316,
            "ttp": "01K9ABCDEFGHJKMNPQRSTVWXYZ_.tt.1",
            "ip": "2a00:1450:4001:81b::200e",
            "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)",
            "locale": "en-GB",
        },
        properties={
            "value": 9.99,
            "currency": "EUR",
            "content_ids": ["sku1"],
            "contents": [{"content_id": "sku1", "price": 9.99, "quantity": 1, "content_name": "One", "brand": "B"}],
            "content_type": "product",
            "num_items": 1,
            "order_id": "o-1",
            "search_string": "shoes",
            "query": "shoes",
            "description": "a pair",
        },
        page={"url": "https://go.example.com/summer?ttclid=E.C.P.x", "referrer": "android-app://com.tiktok/"},
        limited_data_use=False,
    )
