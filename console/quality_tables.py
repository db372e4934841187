"""The tables of the quality page, each of which is a file, too: methods, signals, set aside, cohorts, discrepancies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from admin.quality import AGES, EDGES, MethodCount, Quality
from console.charts import Chart, Series
from console.columns import Column
from console.listing import Listing
from console.numbers import Numbers
from console.report_figures import KEYS, NAMED
from console.report_rows import label_of
from console.trend import whole_axis
from console.verdict_words import METHODS

_METHODS: Final = {
    "referrer": "Play's referrer named the click",
    "click_id": "the app's link carried the click",
    "probabilistic": "same network, same phone, near in time",
    "none": "no click of ours brought it",
    "pending": "still being matched",
}
_COMPARED: Final = ("installs", "purchases", "revenue")


def methods(counts: Sequence[MethodCount]) -> Listing:
    total = sum(one.installs for one in counts)
    rows = [
        {"method": one.method, "meaning": _METHODS.get(one.method, ""), "installs": one.installs}
        | {"share": one.installs / total}
        for one in counts
    ]
    columns = (Column("method", "Method"), Column("meaning", "Means"), Column("installs", "Installs", "count"))
    return Listing("match-methods", (*columns, Column("share", "Share", "percent")), rows)


def in_words(found: Listing) -> Listing:
    """The methods as every other page calls them; a file has the names that commands take."""
    return replace(found, rows=[{**row, "method": METHODS.get(row["method"], row["method"])} for row in found.rows])


def probabilities(counts: Sequence[MethodCount], numbers: Numbers) -> Chart | None:
    """How sure the probabilistic matches are; None where there is none."""
    bins = next((one.bins for one in counts if one.method == "probabilistic"), ())
    if not sum(bins):
        return None
    edges = [numbers.percent(edge) for edge in EDGES]
    labels = [f"below {edges[0]}", *(f"{low} – {high}" for low, high in pairwise(edges))]
    texts = [numbers.count(one) for one in bins]
    title = "Matches by likeness, by their probability, installs"
    return Chart(
        title, [*labels, f"{edges[-1]} and more"], [Series("Installs", bins, texts)], "bar", whole_axis(numbers)
    )


def reliability(quality: Quality, numbers: Numbers) -> Chart | None:
    """What was said beside what was true, where the truth is known; None where nothing is known yet."""
    bins = quality.reliability
    if not bins:
        return None
    said, right = [one.predicted for one in bins], [one.observed for one in bins]
    series = [
        Series("said", said, [numbers.chance(value) for value in said]),
        Series("right", right, [numbers.percent(value) for value in right]),
    ]
    labels = [f"{numbers.chance(one.predicted)} ({numbers.count(one.answers)})" for one in bins]
    title = "Probability that was said, and share that was right (installs)"
    return Chart(title, labels, series, axis=lambda value: numbers.percent(value, 0))


def signals(found: Mapping[str, Any]) -> Listing:
    rows = [{"signal": name, "share": share} for name, share in found["signals"].items()]
    rows.sort(key=lambda row: -row["share"])
    return Listing("signals", (Column("signal", "Signal"), Column("share", "Share of events", "percent")), rows)


def set_aside(found: Mapping[str, Any]) -> Listing:
    columns = (Column("field", "Field", "code"), Column("reason", "Read as absent because"))
    return Listing("set-aside", (*columns, Column("times", "Times", "count")), found["set_aside"])


def cohorts(found: Mapping[str, Any], by: Sequence[str]) -> Listing:
    """Days of age that have passed for no row are left out."""
    rows, totals = found["rows"], found["totals"]
    ages = [age for age in AGES if any(row[f"revenue_d{age}"] is not None for row in rows)]
    columns = [
        *(Column(f"{one}_label", KEYS[one].label) for one in by),
        Column("installs", "Installs", "count"),
        Column("spend", "Spend", "money"),
        *(Column(f"roas_d{age}", f"ROAS D{age}", "ratio", title=_until(age, "revenue / spend")) for age in ages),
        *(Column(f"revenue_d{age}", f"Revenue D{age}", "money", title=_until(age, "revenue")) for age in ages),
    ]
    shown = [{**row, **row["key"], **{f"{one}_label": label_of(one, row["key"]) for one in by}} for row in rows]
    return Listing("cohorts", columns, shown, totals=totals if rows else {}, currency=str(totals["currency"] or ""))


def _until(age: int, what: str) -> str:
    return (
        f"{what} up to the end of the day of the install" if not age else f"{what} up to the end of day {age} after it"
    )


def discrepancies(found: Mapping[str, Any]) -> Listing:
    """With the sentences of each row's reasons."""
    columns = [Column("campaign_label", "Campaign")]
    for name in _COMPARED:
        kind, label = ("money" if name == "revenue" else "count"), name.capitalize()
        columns += [
            Column(name, label, kind, title="ours"),  # type: ignore[arg-type]
            Column(f"tiktok_{name}", f"{label}*", kind, title="TikTok's"),  # type: ignore[arg-type]
            Column(f"{name}_difference", "Difference", kind, title="ours less TikTok's"),  # type: ignore[arg-type]
        ]
    rows = [
        {**row, **row["key"], "campaign_label": label_of("campaign", row["key"])}
        | {"sentences": [found["reasons"][code] for code in row["reasons"]]}
        for row in found["rows"]
    ]
    totals = found["totals"]
    return Listing(
        "discrepancies", columns, rows, totals=totals if rows else {}, currency=str(totals["currency"] or "")
    )


def as_file(listing: Listing) -> Listing:
    """With ids beside names, as the command has them."""
    columns: list[Column] = []
    for column in listing.columns:
        one = column.name.removesuffix("_label")
        if one == column.name:
            columns.append(column)
        elif one in NAMED:
            columns += [Column(f"{one}_id", one), Column(f"{one}_name", one)]
        else:
            columns.append(Column(one, one))
    has_currency = any(row.get("currency") for row in listing.rows)
    return Listing(listing.name, [*columns, *([Column("currency", "")] if has_currency else [])], listing.rows)
