"""What a table's cell shows of each kind of value."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from console.cells import cell
from console.columns import Column, Kind
from console.numbers import Numbers

NUMBERS = Numbers(Locale.parse("en_GB"), ZoneInfo("UTC"))
AT = datetime(2026, 11, 28, 14, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("count", 12345, "12,345"),
        ("money", 1234.5, "€1,234.50"),
        ("percent", 0.123, "12.3%"),
        ("ratio", 1.5, "1.50"),
        ("text", "Autumn", "Autumn"),
        ("id", "a1", "<code>a1</code>"),
        ("code", "a1", "<code>a1</code>"),
        ("state", "dead", '<span class="badge quiet">dead</span>'),
        ("text", None, '<span class="muted">–</span>'),
        ("count", 0, "0"),
        ("text", "<b>&", "&lt;b&gt;&amp;"),
        ("id", '"><i>', "<code>&#34;&gt;&lt;i&gt;</code>"),
        ("state", "<i>", '<span class="badge quiet">&lt;i&gt;</span>'),
    ],
)
def test_a_value_is_written_as_its_kind_is(kind: Kind, value: Any, shown: str) -> None:
    assert cell(NUMBERS, Column("x", "X", kind), {"x": value}, "EUR") == shown


def test_a_row_of_another_currency_has_its_own() -> None:
    assert cell(NUMBERS, Column("x", "X", "money"), {"x": 3, "currency": "JPY"}, "EUR") == "JP¥3"


def test_a_time_says_its_zone_on_focus() -> None:
    shown = cell(NUMBERS, Column("x", "X", "time"), {"x": AT}, "")
    assert shown == f'<time datetime="{AT.isoformat()}" title="2026-11-28 14:03:00 UTC (UTC+0000)">28 Nov, 14:03</time>'


def test_a_figure_of_tiktoks_has_a_star_with_its_reason() -> None:
    shown = cell(NUMBERS, Column("x", "X", "count"), {"x": 7, "x_star": 'TikTok\'s "own"'}, "")
    assert shown == '<span class="starred" tabindex="0" title="TikTok&#39;s &#34;own&#34;">7<sup>*</sup></span>'


def test_a_state_has_the_colour_its_row_names() -> None:
    assert "badge bad" in cell(NUMBERS, Column("x", "X", "state"), {"x": "dead", "x_kind": "bad"}, "")
