"""What the audit log says of a change."""

from typing import Any

import pytest

from admin.audit_log import difference

ROWS = [{"source": "install", "target": "Download"}, {"source": "add_to_cart", "target": "AddToCart"}]
CHANGED = [{"source": "install", "target": "Download"}, {"source": "add_to_cart", "target": "Basket"}]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"name": "A", "settings": {"timezone": ""}}, {"name": "A", "settings": {"timezone": "UTC"}},
         [("settings.timezone", "", "UTC")]),
        (None, {"name": "A"}, [("name", None, "A")]),
        ({"rows": ROWS}, {"rows": CHANGED}, [("rows.add_to_cart.target", "AddToCart", "Basket")]),
        ({"rows": ROWS}, {"rows": ROWS[:1]}, [("rows.add_to_cart.target", "AddToCart", None)]),
        ({"domains": ["a.example"]}, {"domains": ["a.example", "b.example"]},
         [("domains", "a.example", "a.example, b.example")]),
        ({"domains": ["a.example"]}, {"domains": []}, [("domains", "a.example", "")]),
        ({"rows": ROWS}, {"rows": list(ROWS)}, []),
    ],
)  # fmt: skip
def test_a_change_is_told_field_by_field(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert difference(before, after) == expected
