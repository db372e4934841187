"""An app's numbers over time: spend and revenue as lines, installs as bars below them, on the same x."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from admin.results import Results
from console.charts import Chart, Series
from console.numbers import NONE, Numbers
from console.report_figures import stars

LINES = (("spend", "Spend"), ("revenue", "Revenue"))


def trend(results: Results, numbers: Numbers) -> tuple[Chart, Chart]:
    """Empty charts where nothing was counted."""
    labels = _labels(results)
    per = "hour" if results.period.by_hour else "day"
    unit = f"{results.currency} per {per}" if results.currency else f"per {per}"
    rows = [row for _, row in results.over_time]
    money = [_series(name, label, rows, numbers) for name, label in LINES if name == "revenue" or _told(rows, name)]
    title = " and ".join(one.name for one in money).capitalize()
    lines = Chart(
        f"{title}, {unit}", labels, money, "line", _short(numbers), results.period.is_unfinished, 260,
        is_below_lines=True,
    )  # fmt: skip
    bars = Chart(
        f"Installs per {per}", labels, [_series("installs", "Installs", rows, numbers)], "bar", whole_axis(numbers),
        results.period.is_unfinished, 160, is_below_lines=True,
    )  # fmt: skip
    return lines, bars


def _short(numbers: Numbers) -> Any:
    return lambda value: numbers.short_count(value).text


def whole_axis(numbers: Numbers) -> Any:
    """Half an install is none: such places of the axis stay empty."""
    return lambda value: numbers.short_count(value).text if value == int(value) else ""


def _told(rows: Sequence[Mapping[str, Any] | None], name: str) -> bool:
    return any(row and row[name] for row in rows)


def _series(name: str, label: str, rows: Sequence[Mapping[str, Any] | None], numbers: Numbers) -> Series:
    return Series(label, [row[name] if row else None for row in rows], [_written(name, row, numbers) for row in rows])


def _written(name: str, row: Mapping[str, Any] | None, numbers: Numbers) -> str:
    if row is None:
        return NONE
    mark = "*" if f"{name}_star" in stars(row) else ""
    text = numbers.count(row[name]) if name == "installs" else numbers.money(row[name], str(row["currency"] or ""))
    return text + mark


def _labels(results: Results) -> list[str]:
    """Of an hour that comes twice the offset tells which."""
    times = [datetime.fromisoformat(key) for key, _ in results.over_time]
    if not results.period.by_hour:
        return [f"{at:%-d %b}" for at in times]
    shape = "%H:%M" if results.period.length == 1 else "%-d %b %H:%M"
    labels = [at.strftime(shape) for at in times]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    return [f"{label} {at:%z}" if label in twice else label for label, at in zip(labels, times, strict=True)]
