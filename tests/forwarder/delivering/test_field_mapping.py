"""Fields of the payload that are read from elsewhere in the event."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.delivering.field_mapping import VALUE_UNREADABLE, Mapped, mapped_fields
from tiktok.field_paths import parse_path
from tiktok.mappable import FIELDS

EVENT: dict[str, Any] = {
    "properties": {
        "cart": {"total": "19.90", "currency": "EUR", "Order No": 7},
        "items": [{"sku": "a", "price": 3}, {"sku": "b"}, "odd"],
        "empty": "",
    },
    "user": {"mail": "x@example.com"},
    "install": {"device": {"locale": "de-AT"}},
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": ("properties.cart.total",)}, Mapped(value=Decimal("19.90"))),
        ({"value": ("properties.none", "properties.cart.total")}, Mapped(value=Decimal("19.90"))),
        ({"value": ("properties.empty", "properties.cart.total")}, Mapped(value=Decimal("19.90"))),
        ({"value": ("properties.cart",)}, Mapped(notes=(VALUE_UNREADABLE,))),
        ({"currency": ("properties.cart.currency",)}, Mapped(currency="EUR")),
        ({"order_id": ("properties.cart.Order No",)}, Mapped({"order_id": 7})),
        ({"content_ids": ("properties.items[].sku",)}, Mapped({"content_ids": ["a", "b", None]})),
        ({"content_ids": ("properties.items[1].sku",)}, Mapped({"content_ids": "b"})),
        ({"content_ids": ("properties.items[].none",)}, Mapped()),
        (
            {"contents[].content_id": ("properties.items[].sku",), "contents[].price": ("properties.items[].price",)},
            Mapped({"contents": [{"content_id": "a", "price": 3}, {"content_id": "b"}]}),
        ),
        ({"email": ("user.mail",)}, Mapped(user={"email": "x@example.com"})),
        ({"locale": ("install.device.locale",)}, Mapped(user={"locale": "de-AT"})),
        ({"city": ("properties.items.sku.deeper",)}, Mapped()),
    ],
    ids=lambda value: str(list(value)) if isinstance(value, dict) else "",
)
def test_the_first_path_that_holds_something_fills_the_field(
    fields: dict[str, tuple[str, ...]], expected: Mapped
) -> None:
    assert mapped_fields(EVENT, fields) == expected


@pytest.mark.parametrize("said", ["9,99", "1,299.00", "$5", "free", True, [9.99], {"amount": 5}, "NaN"])
def test_a_mapped_value_that_cannot_be_read_is_said(said: Any) -> None:
    mapped = mapped_fields({"properties": {"total": said}}, {"value": ("properties.total",)})
    assert (mapped.value, mapped.notes) == (None, (VALUE_UNREADABLE,))


@pytest.mark.parametrize("said", ["9.99", " 9.99 ", 9.99, 5, 0, None, ""])
def test_a_mapped_value_that_can_be_read_or_says_nothing_needs_no_note(said: Any) -> None:
    assert mapped_fields({"properties": {"total": said}}, {"value": ("properties.total",)}).notes == ()


@pytest.mark.parametrize(
    "path",
    ["", "properties", "cart.total", "properties.", "properties..a", "properties.a[x]", "properties.a[", "a" * 201],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|begin"):
        parse_path(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    properties=JSON,
    path=st.sampled_from(["properties.a", "properties.a.b", "properties.a[].b", "properties.a[0]", "properties.a[][]"]),
    field=st.sampled_from(FIELDS),
)
def test_no_event_is_too_odd_to_be_read(properties: Any, path: str, field: str) -> None:
    mapped_fields({"properties": properties}, {field: (path,)})
