"""The six numbers of an app: each with what it was before, and a small line of how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from admin.report_periods import Period
from admin.results import Results
from console.numbers import Numbers, Shown
from console.report_figures import stars
from console.sparkline import sparkline

_RISE_IS_BETTER: Final = {
    "installs": True, "cpi": False, "trials": True, "registrations": True, "revenue": True, "roas": True,
}  # fmt: skip
"""More spend is neither better nor worse."""
_LABELS: Final = {
    "spend": "Spend", "installs": "Installs", "cpi": "CPI", "trials": "Trials", "registrations": "Registrations",
    "revenue": "Revenue", "roas": "ROAS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    shown: Shown
    change: str
    better: bool | None
    """None where that is not certain."""
    before: str
    star: str
    """Why the number is TikTok's; empty = it is ours."""
    line: Markup


def result_tiles(results: Results, numbers: Numbers) -> list[Tile]:
    """Spend, installs, CPI, trials or registrations, revenue, ROAS."""
    totals = results.totals
    milestone = "registrations" if totals["registrations"] and not totals["trials"] else "trials"
    return [_tile(name, results, numbers) for name in ("spend", "installs", "cpi", milestone, "revenue", "roas")]


def _tile(name: str, results: Results, numbers: Numbers) -> Tile:
    value, before = results.totals[name], results.before.get(name)
    same_currency = results.before.get("currency") in (results.totals["currency"], None)
    comparable = (before or None) if same_currency or name not in ("spend", "cpi", "revenue") else None
    return Tile(
        label=_LABELS[name],
        shown=_shown(name, results.totals, numbers),
        change=numbers.change(value, comparable),
        better=_better(name, value, comparable, results.period),
        before=_shown(name, results.before, numbers).text if comparable is not None else "",
        star=stars(results.totals).get(f"{name}_star", ""),
        line=sparkline([row[name] if row else None for _, row in results.over_time], results.period.is_unfinished),
    )


def _better(name: str, value: Any, before: Any, period: Period) -> bool | None:
    """A period that is not over has less of everything; ratios of many days can be compared all the same."""
    if not value or not before or value == before or name not in _RISE_IS_BETTER:
        return None
    if period.is_unfinished and (period.by_hour or (value < before and name not in ("cpi", "roas"))):
        return None
    return (value > before) is _RISE_IS_BETTER[name]


def _shown(name: str, row: Mapping[str, Any], numbers: Numbers) -> Shown:
    value = row[name]
    if name == "roas":
        return Shown(numbers.ratio(value), numbers.ratio(value))
    if name in ("spend", "cpi", "revenue"):
        return numbers.short_money(value, str(row["currency"] or ""))
    return numbers.short_count(value)
